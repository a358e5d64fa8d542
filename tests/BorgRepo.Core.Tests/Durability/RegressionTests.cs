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
