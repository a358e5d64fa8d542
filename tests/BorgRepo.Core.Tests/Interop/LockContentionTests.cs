using System.Text.Json.Nodes;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>Locks between real borg and us, each in a process of its own.</summary>
public sealed class LockContentionTests
{
    private const string Host = NamedHostEnvironment.FixtureHost;
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public void While_borg_writes_we_wait_and_then_give_up_naming_it()
    {
        using RealBorg borg = RealBorg.StartOrSkip();
        using VectorRepository vector = VectorRepository.Unpack("few-puts");
        borg.Open(vector.Path);
        foreach (SessionAccess access in new[] { SessionAccess.Read, SessionAccess.Write })
        {
            LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => Open(vector.Path, access, Short).Dispose());
            string holder = Assert.Single(error.Holders);
            Assert.Contains(Host, holder, StringComparison.Ordinal);
            Assert.Contains($"{borg.ProcessId}", holder, StringComparison.Ordinal);
            Assert.Contains(holder, error.Message, StringComparison.Ordinal);
        }

        borg.Close();
        using Repository repository = Open(vector.Path, SessionAccess.Write, Short);
        Assert.Equal(3, repository.Count);
    }

    [Fact]
    public async Task When_borg_lets_go_the_one_of_us_that_waits_goes_on()
    {
        using RealBorg borg = RealBorg.StartOrSkip();
        using VectorRepository vector = VectorRepository.Unpack("few-puts");
        borg.Open(vector.Path);
        Task<Repository> waiting = Task.Run(() => Open(vector.Path, SessionAccess.Write, Long), TestContext.Current.CancellationToken);
        await Task.Delay(Short, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        borg.Close();
        using Repository repository = await waiting;
        Assert.True(repository.HoldsExclusiveLock);
    }

    [Fact]
    public void While_we_write_borg_waits_and_then_gives_up()
    {
        using RealBorg borg = RealBorg.StartOrSkip();
        using VectorRepository vector = VectorRepository.Unpack("few-puts");
        using (SecondProcess second = SecondProcess.Hold(vector.Path, SessionAccess.Write))
        {
            Assert.Equal("LockTimeout", ErrorOf(borg.TryAsk(RealBorg.OpenRequest(vector.Path, exclusive: true, wait: 0.5))));
            Assert.Equal("LockTimeout", ErrorOf(borg.TryAsk(RealBorg.OpenRequest(vector.Path, exclusive: false, wait: 0.5))));
            // That includes the one in this process, although it is of the same engine.
            LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => Open(vector.Path, SessionAccess.Read, Short).Dispose());
            Assert.Contains($"{second.ProcessId}", Assert.Single(error.Holders), StringComparison.Ordinal);
        }

        borg.Open(vector.Path);
        // What the other put without committing it is not there.
        Assert.Equal(3, borg.ReadState().Count);
        borg.Close();
        AssertNoLockLeft(vector.Path);
    }

    [Fact]
    public async Task When_we_let_go_a_borg_that_waits_goes_on()
    {
        using RealBorg borg = RealBorg.StartOrSkip();
        using VectorRepository vector = VectorRepository.Unpack("few-puts");
        SecondProcess second = SecondProcess.Hold(vector.Path, SessionAccess.Write);
        Task<JsonObject> waiting = borg.BeginOpen(vector.Path, wait: 60);
        await Task.Delay(Short, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        second.Dispose();
        Assert.Null((await waiting)["error"]);
        borg.Close();
    }

    [Fact]
    public void Readers_of_both_coexist_and_keep_writers_of_both_out()
    {
        using RealBorg borg = RealBorg.StartOrSkip();
        using RealBorg other = RealBorg.StartOrSkip();
        using VectorRepository vector = VectorRepository.Unpack("few-puts");
        borg.Open(vector.Path, exclusive: false);
        using (Repository reader = Open(vector.Path, SessionAccess.Read, Short))
        using (SecondProcess.Hold(vector.Path, SessionAccess.Read))
        {
            Assert.Equal(3, reader.Count);
            Assert.Equal(3, borg.ReadState().Count);
            Assert.Equal("LockTimeout", ErrorOf(other.TryAsk(RealBorg.OpenRequest(vector.Path, exclusive: true, wait: 0.3))));
            LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => Open(vector.Path, SessionAccess.Write, Short).Dispose());
            Assert.Contains(error.Holders, holder => holder.Contains($"{borg.ProcessId}", StringComparison.Ordinal));
        }

        // borg's reader alone still keeps our writer out, and ours would have kept borg's out.
        Assert.Throws<LockTimeoutException>(() => Open(vector.Path, SessionAccess.Write, Short).Dispose());
        borg.Close();
        Open(vector.Path, SessionAccess.Write, Short).Dispose();
        AssertNoLockLeft(vector.Path);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_lock_of_a_borg_that_died_is_taken_over(bool exclusive)
    {
        using RealBorg borg = RealBorg.StartOrSkip();
        using VectorRepository vector = VectorRepository.Unpack("few-puts");
        borg.Open(vector.Path, exclusive);
        if (exclusive)
        {
            borg.Run(new BorgBatch().Put(ExpectationRun.NewId, ExpectationRun.Value));
        }

        borg.Kill();
        TestServices services = new();
        using (Repository repository = Open(vector.Path, SessionAccess.Write, Short, services))
        {
            Assert.Contains(services.Warnings, warning => warning.Contains($"{borg.ProcessId}", StringComparison.Ordinal));
            Assert.Equal(3, repository.Count);
            ExpectationRun.RunOn(repository);
        }

        AssertNoLockLeft(vector.Path);
        using RealBorg next = RealBorg.StartOrSkip();
        next.Open(vector.Path);
        Assert.Equal(3, next.ReadState().Count);
        Assert.True(next.Check());
        next.Close();
    }

    [Theory]
    [InlineData(SessionAccess.Write)]
    [InlineData(SessionAccess.Read)]
    public void The_lock_of_one_of_us_that_died_is_taken_over_by_borg(SessionAccess access)
    {
        using RealBorg borg = RealBorg.StartOrSkip();
        using VectorRepository vector = VectorRepository.Unpack("few-puts");
        using (SecondProcess second = SecondProcess.Hold(vector.Path, access))
        {
            second.Kill();
        }

        borg.Open(vector.Path);
        Assert.Contains(borg.Log, line => line.Contains("stale", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(3, borg.ReadState().Count);
        borg.Run(new BorgBatch().Put(ExpectationRun.NewId, ExpectationRun.Value).Commit());
        Assert.True(borg.Check());
        borg.Close();
        AssertNoLockLeft(vector.Path);
        using Repository repository = Open(vector.Path, SessionAccess.Read, Short);
        Assert.Equal(4, repository.Count);
    }

    [Fact]
    public void A_dead_process_of_another_host_keeps_its_lock_on_both_sides()
    {
        using RealBorg borg = RealBorg.StartOrSkip("another-host");
        using RealBorg next = RealBorg.StartOrSkip();
        using VectorRepository vector = VectorRepository.Unpack("few-puts");
        borg.Open(vector.Path);
        borg.Kill();
        LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => Open(vector.Path, SessionAccess.Write, Short).Dispose());
        Assert.Contains("another-host", Assert.Single(error.Holders), StringComparison.Ordinal);
        Assert.Equal("LockTimeout", ErrorOf(next.TryAsk(RealBorg.OpenRequest(vector.Path, exclusive: true, wait: 0.3))));
        Repository.BreakLock(vector.Path, new TestServices().Services);
        AssertNoLockLeft(vector.Path);
        next.Open(vector.Path);
        next.Close();
    }

    private static string? ErrorOf(JsonObject answer) => answer["error"]?.GetValue<string>();

    private static void AssertNoLockLeft(string path) =>
        Assert.DoesNotContain(FileTree.Describe(path).Keys, file => file.StartsWith("lock.", StringComparison.Ordinal));

    private static Repository Open(string path, SessionAccess access, TimeSpan wait, TestServices? services = null) => Repository.Open(
        path,
        new OpenOptions { Access = access, LockWait = wait },
        (services ?? new TestServices()).Services,
        TestContext.Current.CancellationToken);
}
