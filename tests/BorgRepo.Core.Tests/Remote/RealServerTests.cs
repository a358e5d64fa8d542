using BorgRepo.Core.Errors;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>Our client with servers in processes of their own: the real <c>borg serve</c>, and ours.</summary>
public sealed class RealServerTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("real-server").FullName;
    private readonly List<RepositoryNotice> _notices = [];

    public static TheoryData<string> Servers => ["borg", "ours"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private RemoteLocation Location => RemoteLocation.Parse($"ssh://server.invalid{_root}/repo");

    private RepositoryServices Services => new(LocalFileSystem.Instance, SystemEnvironment.Instance, _notices.Add);

    [Theory]
    [MemberData(nameof(Servers))]
    public void Everything_a_session_offers_works(string server)
    {
        RemoteOptions remote = Remote(server);
        RemoteRepository.Create(Location, new CreateOptions(), remote, Services, Stop);
        using (RemoteRepository writer = Open(remote, SessionAccess.Write))
        {
            for (int i = 0; i < 150; i++)
            {
                writer.Put(RemoteRepositoryTests.Id(i), new byte[i * 700]);
            }

            writer.Delete(RemoteRepositoryTests.Id(0));
            Assert.Throws<ObjectNotFoundException>(() => writer.Delete(RemoteRepositoryTests.Id(0)));
            writer.Commit(null, Stop);
            writer.SaveKey("key\nof two lines");
            writer.Put(RemoteRepositoryTests.Id(1), [1]);
            writer.Rollback();
            writer.Put(RemoteRepositoryTests.Id(200), "to be lost"u8);
        }

        using (RemoteRepository reader = Open(remote, SessionAccess.Read))
        {
            Assert.Equal(149, reader.Count);
            Assert.Equal(149, reader.List().Distinct().Count());
            Assert.Equal(149, reader.ListInDiskOrder(null, null, Stop).Distinct().Count());
            Assert.Equal("key\nof two lines", reader.LoadKey());
            Assert.Equal(
                Enumerable.Range(1, 149).Select(i => i * 700),
                reader.ReadMany(Enumerable.Range(1, 149).Select(RemoteRepositoryTests.Id)).Select(reading => reading.Value!.Length));
            Assert.False(reader.Contains(RemoteRepositoryTests.Id(200)));
        }

        using (RemoteRepository checker = Open(remote, SessionAccess.Write))
        {
            Assert.True(checker.Check(repair: false, maxDuration: null, Stop));
            Assert.True(checker.Check(repair: true, maxDuration: null, Stop));
        }

        using Repository local = Repository.Open(Location.Path, new OpenOptions(), Services, Stop);
        Assert.Equal(149, local.Count);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public void Errors_are_typed_and_name_the_location(string server)
    {
        RemoteOptions remote = Remote(server);
        Assert.Equal(Location.ToString(), Assert.Throws<RepositoryNotFoundException>(() => Open(remote, SessionAccess.Read)).Path);
        RemoteRepository.Create(Location, new CreateOptions(), remote, Services, Stop);
        Assert.Throws<RepositoryExistsException>(() => RemoteRepository.Create(Location, new CreateOptions(), remote, Services, Stop));
        Assert.Throws<ParentPathNotFoundException>(() => RemoteRepository.Create(
            RemoteLocation.Parse(Location + "-a/b"), new CreateOptions(), remote, Services, Stop));
        RemoteRepository.Create(RemoteLocation.Parse(Location + "-a/b"), new CreateOptions { CreateParents = true, StorageQuota = 20_000_000 }, remote, Services, Stop);

        using (Repository quota = Repository.Open(Location.Path + "-a/b", new OpenOptions(), Services, Stop))
        {
            Assert.Equal(20_000_000, quota.StorageQuota);
        }

        using (Repository holder = Repository.Open(Location.Path, new OpenOptions { Access = SessionAccess.Write }, Services, Stop))
        {
            BorgRepositoryException error = Assert.ThrowsAny<BorgRepositoryException>(() => Open(remote, SessionAccess.Write));
            Assert.True(error is LockTimeoutException or RemoteServerException { ClassName: "LockTimeout" }, error.ToString());
            RemoteRepository.BreakLock(Location, remote, Services, Stop);
            Assert.Empty(Repository.GetLockHolders(Location.Path, Services));
        }
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public void Damage_is_told_in_its_place_and_the_rest_still_comes(string server)
    {
        RemoteOptions remote = Remote(server);
        RemoteRepository.Create(Location, new CreateOptions(), remote, Services, Stop);
        using (RemoteRepository writer = Open(remote, SessionAccess.Write))
        {
            for (int i = 0; i < 3; i++)
            {
                writer.Put(RemoteRepositoryTests.Id(i), new byte[1000]);
            }

            writer.Commit(null, Stop);
        }

        string segment = Location.Path + "/data/0/0";
        byte[] bytes = File.ReadAllBytes(segment);
        bytes[8 + 1041 + 500] ^= 1;
        File.WriteAllBytes(segment, bytes);
        using RemoteRepository reader = Open(remote, SessionAccess.Read);
        ObjectReading[] readings = [.. reader.ReadMany(Enumerable.Range(0, 3).Select(RemoteRepositoryTests.Id))];
        Assert.Equal([true, false, true], readings.Select(reading => reading.IsRead));
        IntegrityException damage = Assert.IsType<IntegrityException>(readings[1].Error);
        Assert.Equal((IntegrityKind.ChecksumMismatch, 0u, 1049L), (damage.Kind, damage.Segment, damage.Offset));
        reader.Close();

        // borg checks under the exclusive lock only.
        using RemoteRepository checker = Open(remote, SessionAccess.Write);
        Assert.False(checker.Check(repair: false, maxDuration: null, Stop));
        checker.Close();
        Assert.Contains(_notices, notice => notice.Level == NoticeLevel.Error && notice.Message.StartsWith("Remote: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_program_that_is_not_there_and_one_that_is_no_server_are_said_to_be_so()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It has no such programs.");
        RemoteConnectionException missing = Assert.Throws<RemoteConnectionException>(() => Open(new RemoteOptions { Rsh = "/no/such/program" }, SessionAccess.Read));
        Assert.Contains("/no/such/program", missing.Message, StringComparison.Ordinal);
        RemoteConnectionException other = Assert.Throws<RemoteConnectionException>(() => Open(new RemoteOptions { Rsh = "sh -c 'echo this is no server >&2'" }, SessionAccess.Read));
        Assert.Contains("this is no server", other.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static RemoteOptions Remote(string server) =>
        new() { Rsh = ServeProgram.LocalShell(server == "borg" ? ServeProgram.RealOrSkip() : ServeProgram.Ours) };

    private RemoteRepository Open(RemoteOptions remote, SessionAccess access) =>
        RemoteRepository.Open(Location, new OpenOptions { Access = access }, remote, Services, Stop);
}
