using BorgRepo.Core.Errors;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>The whole way: our client, the real ssh, a real sshd, a server behind it.</summary>
public sealed class SshTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ssh-repos").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static RepositoryServices Services => new(LocalFileSystem.Instance, SystemEnvironment.Instance);

    [Fact]
    public void A_repository_is_made_filled_and_read_over_ssh_with_real_borg_on_the_other_side()
    {
        ServeProgram.RealOrSkip();
        using SshServer server = SshServer.StartOrSkip();
        RoundTrip(server, new RemoteOptions { Rsh = server.ClientCommand });
    }

    [Fact]
    public void A_repository_is_made_filled_and_read_over_ssh_with_our_server_as_forced_command()
    {
        using SshServer server = SshServer.StartOrSkip($"{ServeProgram.Ours} --restrict-to-path '{_root}'");
        RemoteOptions remote = new() { Rsh = server.ClientCommand, RemotePath = "whatever" };
        RoundTrip(server, remote);
        Assert.Throws<PathNotAllowedException>(() => RemoteRepository.Open(Locate(server, "/elsewhere"), new OpenOptions(), remote, Services, Stop));
    }

    [Fact]
    public void A_key_that_the_server_does_not_know_is_told_in_the_words_of_ssh()
    {
        using SshServer server = SshServer.StartOrSkip();
        using SshServer other = SshServer.StartOrSkip();
        string wrongKey = server.ClientCommand.Replace("-i ", "-i /no/such/key -o IdentityFile=none -o PubkeyAuthentication=no -i ", StringComparison.Ordinal);
        RemoteConnectionException error = Assert.Throws<RemoteConnectionException>(() =>
            RemoteRepository.Open(Locate(server, _root + "/repo"), new OpenOptions(), new RemoteOptions { Rsh = wrongKey }, Services, Stop));
        Assert.Contains("Permission denied", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void RoundTrip(SshServer server, RemoteOptions remote)
    {
        RemoteLocation location = Locate(server, _root + "/with space \u00e4");
        RemoteRepository.Create(location, new CreateOptions(), remote, Services, Stop);
        using (RemoteRepository writer = RemoteRepository.Open(location, new OpenOptions { Access = SessionAccess.Write }, remote, Services, Stop))
        {
            for (int i = 0; i < 40; i++)
            {
                writer.Put(RemoteRepositoryTests.Id(i), new byte[100_000]);
            }

            writer.Commit(null, Stop);
        }

        using RemoteRepository reader = RemoteRepository.Open(location, new OpenOptions(), remote, Services, Stop);
        Assert.Equal(40, reader.ReadMany(reader.List()).Count(reading => reading.Value?.Length == 100_000));
    }

    private static RemoteLocation Locate(SshServer server, string path) =>
        RemoteLocation.Parse($"ssh://{Environment.UserName}@127.0.0.1:{server.Port}{path}");
}
