using BorgRepo.Core.Errors;
using BorgRepo.Core.Locking;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Locking;

public sealed class RepositoryLockTests
{
    private const string Own = LockScene.Host + ".1000-0";
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private static readonly CancellationToken s_none = CancellationToken.None;

    private readonly LockScene _scene = new();

    [Fact]
    public void Reading_upgrading_downgrading_and_releasing_leave_on_the_disk_what_borg_leaves()
    {
        using RepositoryLock held = _scene.Lock(_scene.Process());

        held.AcquireShared(s_second, s_none);
        Assert.Equal("""{"shared": [["host.example@1", 1000, 0]]}""", _scene.Roster);
        Assert.Equal(["lock.roster"], _scene.NamesInRepository);
        Assert.True(held.IsShared);
        Assert.False(held.HoldsExclusive());

        held.Upgrade(s_second, s_none);
        Assert.Equal("""{"shared": [], "exclusive": [["host.example@1", 1000, 0]]}""", _scene.Roster);
        Assert.Equal([Own], _scene.LockFiles);
        Assert.Empty(_scene.Files.ReadAllBytes($"{LockScene.LockDirectory}/{Own}"));
        Assert.True(held.IsExclusive);
        Assert.False(held.IsShared);
        Assert.True(held.HoldsExclusive());

        held.Downgrade(s_none);
        Assert.Equal("""{"shared": [["host.example@1", 1000, 0]], "exclusive": []}""", _scene.Roster);
        Assert.Equal(["lock.roster"], _scene.NamesInRepository);
        Assert.True(held.IsShared);
        Assert.False(held.HoldsExclusive());

        held.Release();
        Assert.Empty(_scene.NamesInRepository);
        Assert.False(held.IsShared);
        Assert.Empty(_scene.Notices);
    }

    [Fact]
    public void The_writer_has_the_folder_and_an_entry_and_leaves_nothing()
    {
        using RepositoryLock held = _scene.Lock(_scene.Process());
        held.AcquireExclusive(s_second, s_none);
        Assert.Equal("""{"exclusive": [["host.example@1", 1000, 0]]}""", _scene.Roster);
        Assert.Equal([Own], _scene.LockFiles);
        held.Release();
        Assert.Empty(_scene.NamesInRepository);
    }

    [Fact]
    public void A_lock_can_be_taken_again_after_it_was_given_back()
    {
        using RepositoryLock held = _scene.Lock(_scene.Process());
        held.AcquireShared(s_second, s_none);
        held.Release();
        held.Release();
        held.AcquireExclusive(s_second, s_none);
        Assert.Throws<InvalidOperationException>(() => held.AcquireShared(s_second, s_none));
        held.Release();
        Assert.Throws<InvalidOperationException>(() => held.Upgrade(s_second, s_none));
        Assert.Throws<InvalidOperationException>(() => held.Downgrade(s_none));
    }

    [Fact]
    public void Readers_of_several_processes_share()
    {
        using RepositoryLock first = _scene.Lock(_scene.Process(1000));
        using RepositoryLock second = _scene.Lock(_scene.Process(1001, "other@2"));
        first.AcquireShared(s_second, s_none);
        second.AcquireShared(s_second, s_none);
        Assert.Equal("""{"shared": [["host.example@1", 1000, 0], ["other@2", 1001, 0]]}""", _scene.Roster);
        first.Release();
        Assert.Equal("""{"shared": [["other@2", 1001, 0]]}""", _scene.Roster);
    }

    [Fact]
    public void A_writer_waits_for_the_readers_and_names_them_when_the_time_is_over()
    {
        SimulatedEnvironment waiting = _scene.Process(1001, "other@2");
        using RepositoryLock reader = _scene.Lock(_scene.Process());
        using RepositoryLock writer = _scene.Lock(waiting);
        reader.AcquireShared(s_second, s_none);

        LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => writer.AcquireExclusive(s_second, s_none));

        Assert.Equal("/backup/repo/lock", error.LockPath);
        Assert.Equal(["process 1000 on host.example@1 for reading"], error.Holders);
        Assert.Equal(5, waiting.Waits);
        Assert.Equal(["lock.roster"], _scene.NamesInRepository);
        Assert.Equal("""{"shared": [["host.example@1", 1000, 0]]}""", _scene.Roster);
    }

    [Fact]
    public void A_writer_gets_the_lock_when_the_last_reader_leaves()
    {
        SimulatedEnvironment waiting = _scene.Process(1001, "other@2");
        using RepositoryLock reader = _scene.Lock(_scene.Process());
        using RepositoryLock writer = _scene.Lock(waiting);
        reader.AcquireShared(s_second, s_none);
        waiting.Waiting = _ => reader.Release();
        writer.AcquireExclusive(null, s_none);
        Assert.True(writer.HoldsExclusive());
        Assert.Equal(1, waiting.Waits);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_holder_on_another_host_is_waited_for_and_named_with_its_age(bool wantsToWrite)
    {
        _scene.PutLockFile("otherhost.invalid@1.4242-0");
        _scene.Clock.Advance(TimeSpan.FromMinutes(3));
        SimulatedEnvironment process = _scene.Process();
        using RepositoryLock held = _scene.Lock(process);

        LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => Acquire(held, wantsToWrite, s_second));

        Assert.Equal(LockScene.LockDirectory, error.LockPath);
        Assert.Equal(["process 4242 on otherhost.invalid@1 for writing since 3 minutes"], error.Holders);
        Assert.Contains("process 4242 on otherhost.invalid@1", error.Message, StringComparison.Ordinal);
        Assert.Equal(10, process.Waits);
        Assert.Equal(["lock.exclusive"], _scene.NamesInRepository);
        Assert.False(held.IsShared || held.IsExclusive);
    }

    [Fact]
    public void A_wait_of_zero_is_one_attempt()
    {
        _scene.PutLockFile("other@2.5-0");
        SimulatedEnvironment process = _scene.Process();
        using RepositoryLock held = _scene.Lock(process);
        Assert.Throws<LockTimeoutException>(() => held.AcquireShared(TimeSpan.Zero, s_none));
        Assert.Equal(0, process.Waits);
    }

    [Fact]
    public void Waiting_ends_on_request_and_leaves_nothing()
    {
        _scene.PutLockFile("other@2.5-0");
        using CancellationTokenSource stop = new();
        SimulatedEnvironment process = _scene.Process();
        process.Waiting = _ => stop.Cancel();
        using RepositoryLock held = _scene.Lock(process);
        Assert.Throws<OperationCanceledException>(() => held.AcquireShared(null, stop.Token));
        Assert.Throws<OperationCanceledException>(() => held.AcquireExclusive(null, stop.Token));
        Assert.Equal(["lock.exclusive"], _scene.NamesInRepository);
    }

    [Fact]
    public void A_writer_of_this_host_that_is_gone_loses_the_lock_with_a_warning()
    {
        _scene.PutLockFile(LockScene.Host + ".4242-0").PutRoster("""{"exclusive": [["host.example@1", 4242, 0]]}""");
        using RepositoryLock held = _scene.Lock(_scene.Process());
        held.AcquireExclusive(TimeSpan.Zero, s_none);
        Assert.Equal([Own], _scene.LockFiles);
        Assert.Equal("""{"exclusive": [["host.example@1", 1000, 0]]}""", _scene.Roster);
        Assert.Equal(2, _scene.Warnings.Count);
        Assert.All(_scene.Warnings, w => Assert.Contains("4242", w, StringComparison.Ordinal));
    }

    [Fact]
    public void A_reader_of_this_host_that_is_gone_does_not_keep_a_writer_out()
    {
        _scene.PutRoster("""{"shared": [["host.example@1", 4242, 0]]}""");
        using RepositoryLock held = _scene.Lock(_scene.Process());
        held.AcquireExclusive(TimeSpan.Zero, s_none);
        Assert.True(held.HoldsExclusive());
        Assert.Contains("4242", Assert.Single(_scene.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_entry_of_a_dead_reader_is_dropped_once_although_another_reader_is_in_the_way()
    {
        _scene.PutRoster("""{"shared": [["host.example@1", 4242, 0], ["other@2", 5, 0]]}""");
        using RepositoryLock held = _scene.Lock(_scene.Process());
        Assert.Throws<LockTimeoutException>(() => held.AcquireExclusive(s_second, s_none));
        Assert.Single(_scene.Warnings);
        Assert.Equal("""{"shared": [["other@2", 5, 0]]}""", _scene.Roster);
    }

    [Theory]
    [InlineData(LockScene.Host + ".77-0")]
    [InlineData(LockScene.Host + ".4242-1")]
    [InlineData("host.example.4242-0")]
    [InlineData("HOST.EXAMPLE@1.4242-0")]
    [InlineData("something else")]
    public void A_name_that_may_be_alive_or_says_nothing_is_never_removed(string name)
    {
        _scene.PutLockFile(name).PutLockFile(LockScene.Host + ".4242-0");
        SimulatedEnvironment process = _scene.Process();
        process.AliveProcesses[77] = true;
        using RepositoryLock held = _scene.Lock(process);
        LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => held.AcquireShared(s_second, s_none));
        Assert.Equal(2, error.Holders.Count);
        Assert.Equal(2, _scene.LockFiles.Count);
    }

    [Fact]
    public void A_malformed_name_is_reported_once()
    {
        _scene.PutLockFile("something else");
        using RepositoryLock held = _scene.Lock(_scene.Process());
        Assert.Throws<LockTimeoutException>(() => held.AcquireShared(s_second, s_none));
        RepositoryNotice notice = Assert.Single(_scene.Notices);
        Assert.Equal(NoticeLevel.Error, notice.Level);
        Assert.Contains("something else", notice.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_orphaned_empty_folder_is_taken_over(bool isUnix)
    {
        _scene.Files.AddDirectory(LockScene.LockDirectory).TakesOverEmptyDirectories = isUnix;
        using RepositoryLock held = _scene.Lock(_scene.Process());
        held.AcquireExclusive(TimeSpan.Zero, s_none);
        Assert.True(held.HoldsExclusive());
        Assert.Equal(["lock.exclusive", "lock.roster"], _scene.NamesInRepository);
    }

    [Fact]
    public void A_lock_left_by_an_earlier_process_with_the_same_id_is_taken_over_with_a_warning()
    {
        _scene.PutLockFile(Own).PutRoster("""{"shared": [["host.example@1", 1000, 0]], "exclusive": [["host.example@1", 1000, 0]]}""");
        using RepositoryLock held = _scene.Lock(_scene.Process());
        held.AcquireExclusive(TimeSpan.Zero, s_none);
        Assert.True(held.HoldsExclusive());
        Assert.Equal("""{"shared": [], "exclusive": [["host.example@1", 1000, 0]]}""", _scene.Roster);
        Assert.Contains(_scene.Warnings, w => w.StartsWith("Took over the lock", StringComparison.Ordinal));
        held.Release();
        Assert.Empty(_scene.NamesInRepository);
    }

    [Fact]
    public void Two_readers_that_both_want_to_write_time_out_and_go_on_reading()
    {
        using RepositoryLock first = _scene.Lock(_scene.Process(1000));
        using RepositoryLock second = _scene.Lock(_scene.Process(1001, "other@2"));
        first.AcquireShared(s_second, s_none);
        second.AcquireShared(s_second, s_none);
        string? before = _scene.Roster;

        LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => first.Upgrade(s_second, s_none));
        Assert.Equal(["process 1001 on other@2 for reading"], error.Holders);
        Assert.Throws<LockTimeoutException>(() => second.Upgrade(s_second, s_none));

        Assert.True(first.IsShared && second.IsShared);
        Assert.Equal(before, _scene.Roster);
        Assert.Equal(["lock.roster"], _scene.NamesInRepository);
        second.Release();
        first.Upgrade(s_second, s_none);
        Assert.True(first.HoldsExclusive());
    }

    [Fact]
    public void A_broken_lock_is_noticed_and_what_the_next_holder_has_is_left_alone()
    {
        using RepositoryLock robbed = _scene.Lock(_scene.Process(1000));
        using RepositoryLock next = _scene.Lock(_scene.Process(1001, "other@2"));
        robbed.AcquireExclusive(s_second, s_none);
        RepositoryLock.Break(_scene.Services(_scene.Process(1002)), LockScene.Repository);
        Assert.False(robbed.HoldsExclusive());
        next.AcquireExclusive(s_second, s_none);
        string? roster = _scene.Roster;

        Assert.Throws<LockLostException>(robbed.Release);

        Assert.False(robbed.IsExclusive);
        Assert.True(next.HoldsExclusive());
        Assert.Equal(roster, _scene.Roster);
        robbed.Release();
    }

    [Fact]
    public void A_broken_lock_cannot_be_downgraded()
    {
        using RepositoryLock robbed = _scene.Lock(_scene.Process());
        robbed.AcquireExclusive(s_second, s_none);
        RepositoryLock.Break(_scene.Services(_scene.Process(1002)), LockScene.Repository);
        Assert.Throws<LockLostException>(() => robbed.Downgrade(s_none));
        Assert.False(robbed.IsExclusive || robbed.IsShared);
        Assert.Empty(_scene.NamesInRepository);
    }

    [Fact]
    public void A_reader_whose_lock_was_broken_only_warns()
    {
        using RepositoryLock robbed = _scene.Lock(_scene.Process());
        robbed.AcquireShared(s_second, s_none);
        RepositoryLock.Break(_scene.Services(_scene.Process(1002)), LockScene.Repository);
        robbed.Release();
        Assert.Single(_scene.Warnings);
        Assert.Empty(_scene.NamesInRepository);
    }

    [Fact]
    public void Disposing_never_throws_but_tells()
    {
        RepositoryLock robbed = _scene.Lock(_scene.Process());
        robbed.AcquireExclusive(s_second, s_none);
        RepositoryLock.Break(_scene.Services(_scene.Process(1002)), LockScene.Repository);
        robbed.Dispose();
        Assert.Contains("lost", Assert.Single(_scene.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Breaking_removes_everything_whoever_holds_it_and_does_not_mind_if_nobody_does()
    {
        RepositoryServices services = _scene.Services(_scene.Process());
        _scene.PutLockFile("other@2.5-0").PutLockFile("something else").PutRoster("garbage");
        RepositoryLock.Break(services, LockScene.Repository);
        Assert.Empty(_scene.NamesInRepository);
        RepositoryLock.Break(services, LockScene.Repository);
    }

    [Fact]
    public void On_a_read_only_medium_the_error_says_that_reading_works_without_a_lock()
    {
        _scene.Files.IsReadOnly = true;
        using RepositoryLock held = _scene.Lock(_scene.Process());
        LockFailedException error = Assert.Throws<LockFailedException>(() => held.AcquireShared(s_second, s_none));
        Assert.Contains("Read-only file system", error.Message, StringComparison.Ordinal);
        Assert.Contains("-NoLock", error.Message, StringComparison.Ordinal);
        Assert.False(held.IsShared);
    }

    [Fact]
    public void A_host_id_that_is_no_file_name_is_refused()
    {
        using RepositoryLock held = _scene.Lock(_scene.Process(host: "../x"));
        Assert.Throws<LockFailedException>(() => held.AcquireExclusive(s_second, s_none));
        Assert.Empty(_scene.NamesInRepository);
    }

    [Fact]
    public void On_a_full_disk_a_writer_can_still_come_in_to_make_space()
    {
        _scene.PutRoster("""{"shared": []}""");
        _scene.Files.Capacity = _scene.Files.UsedBytes;
        using RepositoryLock held = _scene.Lock(_scene.Process());
        held.AcquireExclusive(s_second, s_none);
        Assert.True(held.HoldsExclusive());
        Assert.Equal("""{"shared": []}""", _scene.Roster);
        held.Release();
        Assert.Empty(_scene.NamesInRepository);
    }

    [Fact]
    public void On_a_full_disk_a_reader_that_cannot_be_listed_does_not_come_in_and_leaves_nothing()
    {
        _scene.Files.Capacity = 10;
        using RepositoryLock held = _scene.Lock(_scene.Process());
        LockFailedException error = Assert.Throws<LockFailedException>(() => held.AcquireShared(s_second, s_none));
        Assert.True(FileSystemErrors.IsDiskFull(error.InnerException!));
        Assert.False(held.IsShared);
        Assert.Empty(_scene.NamesInRepository);
    }

    [Fact]
    public void Where_there_is_no_repository_no_advice_is_given()
    {
        using RepositoryLock held = new(_scene.Services(_scene.Process()), "/nowhere");
        LockFailedException error = Assert.Throws<LockFailedException>(() => held.AcquireShared(s_second, s_none));
        Assert.DoesNotContain("-NoLock", error.Message, StringComparison.Ordinal);
    }

    private static void Acquire(RepositoryLock held, bool wantsToWrite, TimeSpan? wait)
    {
        if (wantsToWrite)
        {
            held.AcquireExclusive(wait, s_none);
        }
        else
        {
            held.AcquireShared(wait, s_none);
        }
    }
}
