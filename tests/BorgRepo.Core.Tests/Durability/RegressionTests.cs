using BorgRepo.Core.Compaction;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>What the long runs found, each in its shortest form.</summary>
public sealed class RegressionTests
{
    private const string Path = "/backups/repo";

    private readonly SimulatedTime _time = new();
    private readonly MemoryFileSystem _files;
    private int _process = 100;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public RegressionTests() => _files = new MemoryFileSystem(_time).AddDirectory("/backups");

    [Fact]
    public void A_plan_does_not_count_what_an_interrupted_transaction_left()
    {
        Create(1000);
        using (Repository writer = Open())
        {
            writer.Put(ScriptRun.Id(1), new byte[100]);
            writer.Commit(cancellationToken: Token);
        }

        Kill(writer =>
        {
            writer.Put(ScriptRun.Id(2), new byte[600]);
            writer.Put(ScriptRun.Id(3), new byte[600]);
            _ = writer.Get(ScriptRun.Id(2));
        });
        using Repository next = Open();
        CompactionOptions options = new() { All = true };
        Assert.Equal(next.PlanCompaction(options, Token).BytesAfter, next.Compact(options, Token).BytesAfter);
    }

    // Rolling back removed the data and the COMMIT, and a crash could bring back the COMMIT with a part of the data.
    [Fact]
    public void A_commit_whose_folder_could_not_be_synced_never_comes_back_in_part()
    {
        FailingCalls calls = new();
        calls.Explore("manifest", seed: 1, only: FileCall.SyncDirectory);
        Assert.True(calls.Failures.IsEmpty, string.Join('\n', calls.Failures));
    }

    [Fact]
    public void A_commit_that_cannot_be_read_does_not_count_as_none()
    {
        Create(1000);
        using (Repository writer = Open())
        {
            writer.Put(ScriptRun.Id(1), new byte[100]);
            writer.Commit(cancellationToken: Token);
        }

        DiskContents before = DiskContents.Of(_files);
        int reads = 0;
        for (int failing = 0; failing <= reads; failing++)
        {
            int read = 0;
            FaultingFileSystem files = new(_files) { Plan = (_, call) => call == FileCall.Read && read++ == failing ? Fault.ShortRead : null };
            try
            {
                using Repository writer = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, Services(files), Token);
                Assert.Equal(1, writer.Count);
                writer.Put(ScriptRun.Id(2), new byte[10]);
                writer.Rollback();
            }
            catch (Exception error) when (error is IOException or Errors.BorgRepositoryException)
            {
                // Said, not guessed.
            }

            reads = Math.Max(reads, read);
            Assert.Equal(before.Entries.Count(IsSegment), DiskContents.Of(_files).Entries.Count(IsSegment));
        }
    }

    // The key stands last in the config: a setting that was changed after a short read cut it off.
    [Fact]
    public void A_config_that_is_read_in_part_is_not_written_back()
    {
        Create(1000);
        string key = new('k', 2000);
        using (Repository writer = Open())
        {
            writer.SaveKey(key);
        }

        FaultingFileSystem files = new(_files);
        using (Repository writer = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, Services(files), Token))
        {
            files.Plan = (_, call) => call == FileCall.Read ? Fault.ShortRead : null;
            Assert.ThrowsAny<IOException>(() => writer.UpdateSettings(true, null, null));
        }

        using Repository next = Open();
        Assert.Equal(key, next.LoadKey());
    }

    // It was noticed by the compaction, after the COMMIT: the index was not saved then, and no next opening could replay.
    [Fact]
    public void A_segment_in_a_wrong_place_stops_a_compacting_commit_before_it_is_one()
    {
        Repository.Create(Path, new CreateOptions { SegmentsPerDirectory = 2 }, Services(_files));
        using (Repository writer = Open())
        {
            writer.Put(ScriptRun.Id(1), new byte[100]);
            writer.Commit(cancellationToken: Token);
            writer.Put(ScriptRun.Id(2), new byte[100]);
            writer.Commit(cancellationToken: Token);
        }

        _files.WriteAllBytes($"{Path}/data/0/7", _files.ReadAllBytes($"{Path}/data/0/0"));
        using (Repository writer = Open())
        {
            writer.Put(ScriptRun.Id(3), new byte[100]);
            Assert.Throws<Errors.MisplacedSegmentException>(() => writer.Commit(new CommitOptions { Compact = true, Threshold = 0 }, Token));
        }

        using Repository reader = Repository.Open(Path, new OpenOptions(), Services(_files), Token);
        Assert.Equal(2, reader.Count);
    }

    private static bool IsSegment((string Path, byte[]? Content) entry) => entry.Content is not null && entry.Path.Contains("/data/", StringComparison.Ordinal);

    private void Create(long maxSegmentSize) =>
        Repository.Create(Path, new CreateOptions { MaxSegmentSize = maxSegmentSize }, Services(_files));

    private Repository Open() => Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, Services(_files));

    private void Kill(Action<Repository> action)
    {
        FaultingFileSystem files = new(_files);
        Repository writer = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, Services(files));
        action(writer);
        files.Plan = (_, _) => Fault.Killed;
        Assert.Throws<ProcessKilledException>(writer.Dispose);
    }

    private RepositoryServices Services(IFileSystem files) => new(files, new SimulatedEnvironment(_time, ++_process));
}
