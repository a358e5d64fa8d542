using BorgRepo.Core.Checking;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;
using BorgRepo.Core.Transactions;
using Xunit;

namespace BorgRepo.Core.Tests.Transactions;

/// <summary>
/// Going back to an earlier transaction: whatever a crash leaves holds every segment, shows a complete transaction, and a
/// second run finishes.
/// </summary>
public sealed class TransactionRestoreTests(ITestOutputHelper output)
{
    private const string RepositoryPath = "/backups/repo";

    [Theory]
    [InlineData(WriteFormat.Borg14)]
    [InlineData(WriteFormat.Borg10)]
    public void A_crash_loses_no_segment_and_a_second_run_finishes(WriteFormat format) => Explore(format, seed: 1, chances: 1);

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Many_crashes_of_going_back_and_of_the_second_run()
    {
        SoakTime time = new(percent: 2);
        int states = 0;
        for (int seed = SoakTime.FirstSeed; time.IsLeft; seed++)
        {
            states += Explore(seed % 2 == 0 ? WriteFormat.Borg14 : WriteFormat.Borg10, seed, chances: 8);
        }

        output.WriteLine($"{states} states from seed {SoakTime.FirstSeed}");
    }

    private static int Explore(WriteFormat format, int seed, int chances)
    {
        MemoryFileSystem disk = new MemoryFileSystem(new SimulatedTime()).AddDirectory("/backups");
        SortedDictionary<uint, string> history = Fill(disk, format);
        uint target = history.Keys.ElementAt(1);
        Dictionary<string, byte[]> segments = SegmentsOf(DiskContents.Of(disk));
        RecordingFileSystem recording = new(disk);
        using (Repository repository = Open(recording, processId: 1000))
        {
            RestoreOutcome outcome = repository.RestoreTransaction(target, force: false, TestContext.Current.CancellationToken);
            Assert.NotNull(outcome.AsideFolder);
            Assert.Equal(2, outcome.ObjectCount);
            Assert.Equal(history[target], ScriptedRepository.Describe(repository));
        }

        DiskImage image = recording.CreateImage();
        HashSet<UInt128> known = [];
        for (int operation = 0; operation <= recording.Operations.Count; operation++)
        {
            if (operation > 0)
            {
                image.Apply(recording.Operations[operation - 1]);
            }

            foreach (DiskContents state in CrashStates.Enumerate(image, seed: (seed * 10_007) + operation, chances))
            {
                if (known.Add(state.Hash))
                {
                    Verify(state, target, history, segments, $"after operation {operation} with seed {seed}", new Random((seed * 10_007) + known.Count));
                }
            }
        }

        return known.Count;
    }

    [Fact]
    public void The_plan_names_what_is_moved_and_changes_nothing()
    {
        MemoryFileSystem disk = new MemoryFileSystem(new SimulatedTime()).AddDirectory("/backups");
        uint[] ids = [.. Fill(disk, WriteFormat.Borg14).Keys];
        UInt128 before = DiskContents.Of(disk).Hash;
        using Repository repository = Open(disk, processId: 1000, SessionAccess.ReadNoLock);
        RestorePlan plan = repository.PlanRestore(ids[1], force: false, TestContext.Current.CancellationToken);
        Assert.Equal(ids[2..], plan.NewerTransactions);
        Assert.True(plan.SegmentCount >= ids.Length - 2);
        Assert.Throws<InvalidTransactionStateException>(() => repository.PlanRestore(ids[^1] + 1, force: true, TestContext.Current.CancellationToken));
        Assert.Equal(before, DiskContents.Of(disk).Hash);
    }

    private static void Verify(
        DiskContents state, uint target, SortedDictionary<uint, string> history, Dictionary<string, byte[]> segments, string when, Random? second)
    {
        RequireAll(segments, state, when);
        MemoryFileSystem disk = state.ToFileSystem(new SimulatedTime());
        using (Repository reader = Open(disk, processId: 2000, SessionAccess.ReadNoLock))
        {
            Assert.Contains(ScriptedRepository.Describe(reader), history.Where(pair => pair.Key >= target).Select(pair => pair.Value));
        }

        RecordingFileSystem recording = new(disk);
        using (Repository writer = Open(recording, processId: 2000))
        {
            writer.RestoreTransaction(target, force: false, TestContext.Current.CancellationToken);
            Assert.Equal(history[target], ScriptedRepository.Describe(writer));
            List<Finding> findings = [];
            writer.Check(new CheckOptions(), findings.Add, TestContext.Current.CancellationToken);
            Assert.DoesNotContain(findings, finding => finding.Severity == FindingSeverity.Error);
        }

        RequireAll(segments, DiskContents.Of(disk), when);
        if (second is not null)
        {
            // And the machine stops once more, while the second run is at work.
            int moment = second.Next(recording.Operations.Count + 1);
            DiskImage image = recording.CreateImage();
            foreach (DiskOperation operation in recording.Operations.Take(moment))
            {
                image.Apply(operation);
            }

            DiskContents[] states = [.. CrashStates.Enumerate(image, second.Next(), 1)];
            Verify(states[second.Next(states.Length)], target, history, segments, $"{when}, then after operation {moment} of the second run", null);
        }
    }

    // Five transactions of several segments each: overwrites, a removal, and folders of two segments.
    private static SortedDictionary<uint, string> Fill(MemoryFileSystem disk, WriteFormat format)
    {
        RepositoryServices services = new(disk, new SimulatedEnvironment());
        Repository.Create(RepositoryPath, new CreateOptions { AppendOnly = true, SegmentsPerDirectory = 2, MaxSegmentSize = 100, WriteFormat = format }, services);
        SortedDictionary<uint, string> history = [];
        for (byte i = 1; i <= 5; i++)
        {
            using Repository repository = Repository.Open(RepositoryPath, new OpenOptions { Access = SessionAccess.Write, WriteFormat = format }, services);
            repository.Put(Id(i), new byte[60]);
            repository.Put(Id(1), [i, 1, 2]);
            if (i == 4)
            {
                repository.Delete(Id(2));
            }

            history.Add(repository.Commit()!.Value, ScriptedRepository.Describe(repository));
        }

        return history;
    }

    private static ObjectId Id(byte number)
    {
        byte[] bytes = new byte[ObjectId.Length];
        bytes[^1] = number;
        return new ObjectId(bytes);
    }

    private static Repository Open(IFileSystem disk, int processId, SessionAccess access = SessionAccess.Write) => Repository.Open(
        RepositoryPath, new OpenOptions { Access = access }, new RepositoryServices(disk, new SimulatedEnvironment(processId: processId)));

    private static Dictionary<string, byte[]> SegmentsOf(DiskContents contents) => contents.Entries
        .Where(entry => entry.Content is not null && uint.TryParse(Path.GetFileName(entry.Path), out _))
        .GroupBy(entry => Path.GetFileName(entry.Path))
        .ToDictionary(group => group.Key, group => group.First().Content!);

    private static void RequireAll(Dictionary<string, byte[]> segments, DiskContents contents, string when)
    {
        Dictionary<string, byte[]> found = SegmentsOf(contents);
        foreach ((string name, byte[] content) in segments)
        {
            Assert.True(found.TryGetValue(name, out byte[]? there) && there.AsSpan().SequenceEqual(content), $"segment {name} is lost {when}");
        }
    }
}
