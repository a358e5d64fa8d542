using BorgRepo.Core.Errors;
using BorgRepo.Core.Locking;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Locking;

public sealed class SessionsOfOneProcessTests
{
    private const string OneReader = """{"shared": [["host.example@1", 1000, 0]]}""";
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly CancellationToken s_none = CancellationToken.None;

    private readonly LockScene _scene = new();
    private readonly SimulatedEnvironment _process;

    public SessionsOfOneProcessTests() => _process = _scene.Process();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_second_session_waits_for_the_writer_and_learns_that_it_is_this_process(bool wantsToWrite)
    {
        using RepositoryLock first = _scene.Lock(_process);
        using RepositoryLock second = _scene.Lock(_process);
        first.AcquireExclusive(s_second, s_none);

        LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => Acquire(second, wantsToWrite));

        Assert.Contains("this process", Assert.Single(error.Holders), StringComparison.Ordinal);
        Assert.Equal(10, _process.Waits);
        Assert.True(first.HoldsExclusive());
        Assert.False(second.HoldsExclusive());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_second_session_gets_the_lock_when_the_writer_gives_it_back(bool wantsToWrite)
    {
        using RepositoryLock first = _scene.Lock(_process);
        using RepositoryLock second = _scene.Lock(_process);
        first.AcquireExclusive(s_second, s_none);
        _process.Waiting = _ => first.Release();
        Acquire(second, wantsToWrite);
        Assert.Equal(1, _process.Waits);
        Assert.Equal(wantsToWrite, second.HoldsExclusive());
        Assert.Equal(!wantsToWrite, second.IsShared);
    }

    [Fact]
    public void The_entry_of_readers_stays_until_the_last_of_them_leaves()
    {
        using RepositoryLock first = _scene.Lock(_process);
        using RepositoryLock second = _scene.Lock(_process);
        first.AcquireShared(s_second, s_none);
        second.AcquireShared(s_second, s_none);
        Assert.Equal(OneReader, _scene.Roster);
        first.Release();
        Assert.Equal(OneReader, _scene.Roster);
        second.Release();
        Assert.Null(_scene.Roster);
        Assert.Empty(_scene.Notices);
    }

    [Fact]
    public void A_writer_waits_for_readers_of_its_own_process()
    {
        using RepositoryLock reader = _scene.Lock(_process);
        using RepositoryLock writer = _scene.Lock(_process);
        reader.AcquireShared(s_second, s_none);
        LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => writer.AcquireExclusive(s_second, s_none));
        Assert.Contains("this process", Assert.Single(error.Holders), StringComparison.Ordinal);
        Assert.Equal(OneReader, _scene.Roster);

        _process.Waiting = _ => reader.Release();
        writer.AcquireExclusive(s_second, s_none);
        Assert.True(writer.HoldsExclusive());
    }

    [Fact]
    public void A_writer_waits_for_readers_of_its_own_process_even_if_the_roster_lost_them()
    {
        using RepositoryLock reader = _scene.Lock(_process);
        using RepositoryLock writer = _scene.Lock(_process);
        reader.AcquireShared(s_second, s_none);
        _scene.Files.DeleteFile(LockScene.RosterFile);
        Assert.Throws<LockTimeoutException>(() => writer.AcquireExclusive(s_second, s_none));
    }

    [Fact]
    public void Two_readers_of_one_process_cannot_both_become_writers()
    {
        using RepositoryLock first = _scene.Lock(_process);
        using RepositoryLock second = _scene.Lock(_process);
        first.AcquireShared(s_second, s_none);
        second.AcquireShared(s_second, s_none);
        Assert.Throws<LockTimeoutException>(() => first.Upgrade(s_second, s_none));
        Assert.Throws<LockTimeoutException>(() => second.Upgrade(s_second, s_none));
        Assert.True(first.IsShared && second.IsShared);
        Assert.Equal(OneReader, _scene.Roster);
        second.Release();
        first.Upgrade(s_second, s_none);
        Assert.True(first.HoldsExclusive());
        first.Downgrade(s_none);
        second.AcquireShared(s_second, s_none);
        first.Release();
        Assert.True(second.IsShared);
        Assert.Equal("""{"shared": [["host.example@1", 1000, 0]], "exclusive": []}""", _scene.Roster);
    }

    [Fact]
    public void After_a_break_a_new_session_does_not_wait_for_the_old_one_and_the_old_one_knows()
    {
        using RepositoryLock robbed = _scene.Lock(_process);
        using RepositoryLock next = _scene.Lock(_process);
        robbed.AcquireExclusive(s_second, s_none);
        RepositoryLock.Break(_scene.Services(_process), LockScene.Repository);
        next.AcquireExclusive(TimeSpan.Zero, s_none);

        // The file on the disk has the same name for both.
        Assert.False(robbed.HoldsExclusive());
        Assert.Throws<LockLostException>(robbed.Release);
        Assert.True(next.HoldsExclusive());
    }

    [Fact]
    public void A_reader_robbed_by_a_break_does_not_take_the_entry_of_a_new_reader_away()
    {
        using RepositoryLock robbed = _scene.Lock(_process);
        using RepositoryLock next = _scene.Lock(_process);
        robbed.AcquireShared(s_second, s_none);
        RepositoryLock.Break(_scene.Services(_process), LockScene.Repository);
        next.AcquireShared(TimeSpan.Zero, s_none);
        robbed.Release();
        Assert.Equal(OneReader, _scene.Roster);
    }

    [Fact]
    public void Repositories_do_not_wait_for_each_other()
    {
        _scene.Files.AddDirectory("/backup/other");
        using RepositoryLock first = _scene.Lock(_process);
        using RepositoryLock second = new(_scene.Services(_process), "/backup/other");
        first.AcquireExclusive(s_second, s_none);
        second.AcquireExclusive(TimeSpan.Zero, s_none);
        Assert.True(first.HoldsExclusive() && second.HoldsExclusive());
    }

    [Fact]
    public void Another_spelling_of_the_path_is_the_same_lock()
    {
        using RepositoryLock first = _scene.Lock(_process);
        using RepositoryLock second = new(_scene.Services(_process), LockScene.Repository + "/");
        first.AcquireExclusive(s_second, s_none);
        Assert.Throws<LockTimeoutException>(() => second.AcquireExclusive(TimeSpan.Zero, s_none));
    }

    [Fact]
    public void A_link_to_a_repository_is_the_same_lock()
    {
        string folder = Directory.CreateTempSubdirectory("borgrepo-test-").FullName;
        try
        {
            string repository = Path.Combine(folder, "repo");
            string link = Path.Combine(folder, "link");
            Directory.CreateDirectory(repository);
            Directory.CreateSymbolicLink(link, repository);
            RepositoryServices services = new(LocalFileSystem.Instance, _process, _scene.Notices.Enqueue);
            using RepositoryLock first = new(services, repository);
            using RepositoryLock second = new(services, link);
            first.AcquireExclusive(TimeSpan.Zero, s_none);
            Assert.Throws<LockTimeoutException>(() => second.AcquireExclusive(TimeSpan.Zero, s_none));
            Assert.Throws<LockTimeoutException>(() => second.AcquireShared(TimeSpan.Zero, s_none));
            Assert.Empty(_scene.Notices);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Acquire(RepositoryLock held, bool wantsToWrite)
    {
        if (wantsToWrite)
        {
            held.AcquireExclusive(s_second, s_none);
        }
        else
        {
            held.AcquireShared(s_second, s_none);
        }
    }
}
