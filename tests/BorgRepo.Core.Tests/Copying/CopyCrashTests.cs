using System.Collections.Concurrent;
using BorgRepo.Core.Copying;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>
/// The machine stops after any disk operation of a copy, or the process is killed. Whatever is then on the disk opens as the
/// former state of the copy or as the new one, the log alone tells the same, and the next copy finishes.
/// </summary>
public sealed class CopyCrashTests(ITestOutputHelper output)
{
    private const string ReplayVariable = "BORGREPO_COPY_CRASH";

    private readonly ConcurrentDictionary<(UInt128 Disk, UInt128 Old, UInt128 New), byte> _known = [];
    private readonly ConcurrentQueue<string> _failures = [];

    [Fact]
    public void Whatever_a_crash_leaves_is_the_old_or_the_new_state_and_the_next_copy_finishes()
    {
        foreach (string script in CopyCrashScripts.All.Keys)
        {
            Explore(script, seed: 1, chances: 1, share: 0.12);
        }

        Report();
    }

    [Fact]
    public void What_a_killed_copy_left_is_not_taken_for_durable_by_the_next_one()
    {
        foreach (string script in CopyCrashScripts.All.Keys)
        {
            Explore(script, seed: 2, chances: 1, share: 0.04, killsBefore: 2);
        }

        Report();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Crash_states_of_many_copies()
    {
        SoakTime time = new(percent: 8);
        for (int seed = SoakTime.FirstSeed; time.IsLeft && _failures.Count < 50; seed++)
        {
            foreach (string script in CopyCrashScripts.All.Keys.Where(_ => time.IsLeft))
            {
                Explore(script, seed, chances: 4, share: 0.1, killsBefore: seed % 3);
            }
        }

        Report();
    }

    private void Explore(string script, int seed, int chances, double share, int killsBefore = 0)
    {
        int before = _known.Count;
        (CreateOptions options, Action<CopyScene>[] rounds) = CopyCrashScripts.All[script](seed);
        CopyScene scene = new(options);
        RepositoryContents former = RepositoryContents.Absent;
        Random random = new(seed);
        for (int round = 0; round < rounds.Length; round++)
        {
            rounds[round](scene);
            bool mirrors = random.Next(2) == 0;
            RecordingFileSystem recording = new(scene.Disk);
            Kill(scene, recording, mirrors, random, killsBefore);
            scene.Files = recording;
            scene.Run(new CopyOptions { Mirror = mirrors, LockWait = TimeSpan.Zero });
            scene.Files = scene.Disk;
            RepositoryContents next = scene.SourceContents();
            string name = $"{script}/{seed}/{round}";
            Parallel.ForEach(
                Partitioner.Create(States(recording, chances, seed), EnumerablePartitionerOptions.NoBuffering),
                new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
                state => Verify(scene, state, [former, next], $"{name}/{state.Operation}/{state.Number}", share, recording));
            former = next;
        }

        output.WriteLine($"{script} {seed}: {_known.Count - before} states, {_failures.Count} failures");
    }

    // As a process ends that is killed: what it did stands in the memory of the machine, and only some of it on the disk.
    private static void Kill(CopyScene scene, RecordingFileSystem recording, bool mirrors, Random random, int times)
    {
        for (int i = 0; i < times; i++)
        {
            int end = random.Next(20, 400);
            scene.Files = new FaultingFileSystem(recording) { Plan = (number, _) => number >= end ? Fault.Killed : null };
            try
            {
                scene.Run(new CopyOptions { Mirror = mirrors, LockWait = TimeSpan.Zero });
            }
            catch (ProcessKilledException)
            {
                // As planned; it may also have been too fast.
            }
        }
    }

    private static int Mix(int seed, int number) => unchecked(((seed * 31) + number) * 0x2545F491) & int.MaxValue;

    private void Verify(CopyScene scene, State state, RepositoryContents[] accepted, string name, double share, RecordingFileSystem recording)
    {
        string? wanted = Environment.GetEnvironmentVariable(ReplayVariable);
        bool isWanted = string.IsNullOrEmpty(wanted) ? new Random(state.Seed).NextDouble() < share : name == wanted;
        if (!isWanted || !_known.TryAdd((state.Disk.Hash, accepted[0].Hash, accepted[1].Hash), 0))
        {
            return;
        }

        try
        {
            SimulatedTime time = new();
            CopyScene after = scene.On(state.Disk.ToFileSystem(time));
            RepositoryContents found = after.CopyContents();
            Assert.True(accepted.Contains(found), $"found {found}; allowed: {string.Join(" or ", accepted.AsEnumerable())}");
            if (!found.IsAbsent)
            {
                RepositoryContents fromLog = new(LogOracle.Read(state.Disk, after.Copy));
                Assert.True(found.Equals(fromLog), $"found {found}; the log alone tells {fromLog}");
            }

            after.Run(new CopyOptions { Mirror = true, LockWait = TimeSpan.Zero });
            after.RequireFinished();
        }
        catch (Exception error)
        {
            string operation = state.Operation == 0 ? "-" : recording.Operations[state.Operation - 1].ToString();
            string details = wanted is null ? error.Message : Describe(recording, state, error);
            _failures.Enqueue($"{ReplayVariable}={name} ({operation}): {details}");
        }
    }

    private static string Describe(RecordingFileSystem recording, State state, Exception error) => string.Join(
        '\n',
        recording.Operations.Take(state.Operation).Select((operation, i) => $"  {i + 1} {operation}")
            .Append("on the disk:")
            .Concat(state.Disk.Entries.Where(entry => entry.Path.StartsWith("/there", StringComparison.Ordinal)).Select(entry => $"  {entry.Path} {entry.Content?.Length}"))
            .Append(error.ToString()));

    private static IEnumerable<State> States(RecordingFileSystem recording, int chances, int seed)
    {
        DiskImage image = recording.CreateImage();
        for (int operation = 0; operation <= recording.Operations.Count; operation++)
        {
            if (operation > 0)
            {
                image.Apply(recording.Operations[operation - 1]);
            }

            int number = 0;
            foreach (DiskContents disk in CrashStates.Enumerate(image, Mix(seed, operation), chances))
            {
                yield return new State(operation, number++, Mix(Mix(seed, operation), number), disk);
            }
        }
    }

    private void Report()
    {
        output.WriteLine($"{_known.Count} different states were verified");
        Assert.True(_known.Count > 100, "hardly anything was verified");
        Assert.True(_failures.IsEmpty, $"{_failures.Count} failures\n" + string.Join('\n', _failures.Take(40)));
    }

    private readonly record struct State(int Operation, int Number, int Seed, DiskContents Disk);
}
