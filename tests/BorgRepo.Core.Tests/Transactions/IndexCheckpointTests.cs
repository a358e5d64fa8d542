using BorgRepo.Core.Checking;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Transactions;

/// <summary>Index and hints that are saved later than the commits. What a crash makes of it: CrashScripts, "waiting".</summary>
public sealed class IndexCheckpointTests
{
    private const string Path = "/repository";
    private const int Size = 10_000;

    private readonly MemoryFileSystem _files = new();
    private readonly List<string> _notices = [];
    private int _processes = 100;

    public IndexCheckpointTests() => Repository.Create(Path, new CreateOptions(), Services(_files));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_index_is_saved_when_enough_was_committed_and_at_the_end()
    {
        using (Repository writer = Open())
        {
            CommitOne(writer, 1, 1000);
            Assert.Empty(Generations());
            Assert.Equal(1u, writer.TransactionId);
            CommitOne(writer, 2, 1000);
            Assert.Empty(Generations());
            CommitOne(writer, 3, Size);
            Assert.Equal(["hints.5", "index.5", "integrity.5"], Generations());
            CommitOne(writer, 4, 0);
            Assert.Equal(["hints.5", "index.5", "integrity.5"], Generations());
            Assert.Equal(4, writer.Count);
        }

        Assert.Equal(["hints.7", "index.7", "integrity.7"], Generations());
        using Repository reader = Repository.Open(Path, new OpenOptions(), Services(_files), Token);
        Assert.Equal(4, reader.Count);
        Assert.Empty(_notices);
    }

    [Fact]
    public void A_session_that_commits_nothing_saves_nothing()
    {
        using (Repository writer = Open())
        {
            CommitOne(writer, 1, 10);
        }

        string[] before = Generations();
        using (Repository writer = Open())
        {
            writer.Put(ScriptRun.Id(2), new byte[10]);
            writer.Rollback();
            Assert.Equal(1, writer.Count);
        }

        Assert.Equal(before, Generations());
    }

    [Fact]
    public void Others_see_each_commit_at_once()
    {
        using Repository writer = Open();
        for (int i = 1; i <= 3; i++)
        {
            CommitOne(writer, i, 20);
            using Repository looker = Repository.Open(Path, new OpenOptions { Access = SessionAccess.ReadNoLock }, Services(_files), Token);
            Assert.Equal(i, looker.Count);
        }

        Assert.Empty(Generations());
    }

    [Fact]
    public void A_rollback_takes_back_what_was_not_committed_and_no_more()
    {
        using Repository writer = Open();
        CommitOne(writer, 1, 20);
        CommitOne(writer, 2, 20);
        writer.Put(ScriptRun.Id(3), new byte[100]);
        writer.Delete(ScriptRun.Id(1));
        writer.Rollback();
        Assert.Equal([ScriptRun.Id(1), ScriptRun.Id(2)], writer.List().Order());
        CommitOne(writer, 4, 20);
        Assert.Equal(3, writer.Count);
    }

    [Fact]
    public void Whatever_looks_at_the_files_finds_the_index_that_belongs_to_them()
    {
        using Repository writer = Open();
        CommitOne(writer, 1, 20);
        CheckResult result = writer.Check(new CheckOptions(), _ => { }, Token);
        Assert.Equal((0, 0), (result.ErrorCount, result.WarningCount));
        Assert.NotEmpty(Generations());
        CommitOne(writer, 1, 30);
        Assert.NotEmpty(writer.PlanCompaction(new Core.Compaction.CompactionOptions { Threshold = 0 }, Token).Segments);
        CommitOne(writer, 2, 30);
        Assert.Equal(2, writer.Count);
        result = writer.Check(new CheckOptions { Repair = true }, _ => { }, Token);
        Assert.Equal(CheckConclusion.Sound, result.Conclusion);
    }

    [Fact]
    public void What_cannot_be_saved_at_the_end_is_told_and_lost_nowhere()
    {
        FaultingFileSystem faults = new(_files);
        using (Repository writer = Open(faults))
        {
            CommitOne(writer, 1, 20);
            faults.Plan = (_, call) => call == FileCall.OpenForWriting ? Fault.NoSpace : null;
        }

        Assert.Contains(_notices, notice => notice.Contains("is durable, but saving its index failed", StringComparison.Ordinal));
        _notices.Clear();
        using Repository next = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, Services(_files), Token);
        Assert.Equal(1, next.Count);
    }

    [Fact]
    public void A_session_whose_lock_was_broken_saves_no_index_over_that_of_another()
    {
        using (Repository writer = Open())
        {
            CommitOne(writer, 1, 20);
            Repository.BreakLock(Path, Services(_files));
            using Repository other = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, Services(_files), Token);
            CommitOne(other, 2, 20);
        }

        Assert.Equal(["hints.3", "index.3", "integrity.3"], Generations());
        using Repository reader = Repository.Open(Path, new OpenOptions(), Services(_files), Token);
        Assert.Equal(2, reader.Count);
    }

    [Fact]
    public void A_reader_that_brings_the_index_up_to_date_lets_others_read_afterwards()
    {
        FaultingFileSystem faults = new(_files);
        Repository killed = Open(faults);
        CommitOne(killed, 1, 20);
        faults.Plan = (_, _) => Fault.Killed;
        Assert.Throws<ProcessKilledException>(killed.Dispose);
        Repository.BreakLock(Path, Services(_files));

        RepositoryServices process = Services(_files);
        using Repository first = Repository.Open(Path, new OpenOptions(), process, Token);
        Assert.Equal(1, first.Count);
        Assert.NotEmpty(Generations());
        Assert.False(first.HoldsExclusiveLock);
        using Repository second = Repository.Open(Path, new OpenOptions { LockWait = TimeSpan.Zero }, process, Token);
        Assert.Equal(new byte[20], second.Get(ScriptRun.Id(1)));
        Assert.Throws<LockTimeoutException>(() => Repository.Open(
            Path, new OpenOptions { Access = SessionAccess.Write, LockWait = TimeSpan.Zero }, process, Token));
        first.Dispose();
        second.Dispose();
        using Repository writer = Open();
        CommitOne(writer, 2, 20);
        Assert.Equal(2, writer.Count);
    }

    [Fact]
    public void In_append_only_mode_each_transaction_is_recorded_once()
    {
        using (Repository writer = Repository.Open(
            Path, new OpenOptions { Access = SessionAccess.Write, IndexCheckpointSize = Size, AppendOnly = true }, Services(_files), Token))
        {
            CommitOne(writer, 1, 20);
            CommitOne(writer, 2, 20);
            Assert.Equal([1u, 3u], writer.GetTransactions(Token).Select(transaction => transaction.Id));
        }

        string[] lines = System.Text.Encoding.ASCII.GetString(_files.ReadAllBytes($"{Path}/transactions")).TrimEnd().Split('\n');
        Assert.Equal(["transaction 1,", "transaction 3,"], lines.Select(line => line[..14]));
    }

    private static void CommitOne(Repository writer, int number, int size)
    {
        writer.Put(ScriptRun.Id(number), new byte[size]);
        writer.Commit(cancellationToken: Token);
    }

    private string[] Generations() =>
        [.. _files.Files(Path).Select(path => System.IO.Path.GetFileName(path)!).Where(name => name.Split('.')[0] is "hints" or "index" or "integrity").Order()];

    private Repository Open(IFileSystem? files = null) =>
        Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write, IndexCheckpointSize = Size }, Services(files ?? _files), Token);

    private RepositoryServices Services(IFileSystem files) =>
        new(files, new SimulatedEnvironment(processId: ++_processes), notice => _notices.Add(notice.Message));
}
