using System.Collections.Concurrent;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>Runs a script once and verifies what a crash after each of its disk operations may leave.</summary>
/// <param name="verifier">Verifies states; it counts the different ones.</param>
internal sealed class CrashExplorer(StateVerifier verifier)
{
    /// <summary>Name of the environment variable that narrows a run to one state: script, seed, operation, state, with slashes.</summary>
    public const string ReplayVariable = "BORGREPO_CRASH";

    private readonly ConcurrentQueue<string> _failures = [];

    /// <summary>One line for each state that was not as it has to be; each line can be replayed.</summary>
    public ConcurrentQueue<string> Failures => _failures;

    /// <summary>States looked at, equal ones too.</summary>
    public int LookedAt { get; private set; }

    /// <summary>Explores one script.</summary>
    /// <param name="name">Name of the script.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="chances">States by chance for each operation.</param>
    /// <param name="share">Share of the states to verify, 0 - 1.</param>
    public void Explore(string name, int seed, int chances, double share = 1)
    {
        (RecordingFileSystem recording, ScriptRun run) = Record(name, seed);
        Parallel.ForEach(
            Partitioner.Create(States(recording, chances, seed), EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            state =>
            {
                if (new Random(state.Seed).NextDouble() >= share || !IsWanted(name, seed, state.Operation, state.Number))
                {
                    return;
                }

                try
                {
                    verifier.Verify(state.Disk, run.AcceptedAt(state.Operation), state.Seed);
                }
                catch (Exception error)
                {
                    string operation = state.Operation == 0 ? "-" : recording.Operations[state.Operation - 1].ToString();
                    object what = Wanted is not null ? Describe(recording, state, error) : error.Message;
                    _failures.Enqueue($"{ReplayVariable}={name}/{seed}/{state.Operation}/{state.Number} ({operation}): {what}");
                }
            });
    }

    /// <summary>Runs a script on a recorded disk.</summary>
    public static (RecordingFileSystem Recording, ScriptRun Run) Record(string name, int seed)
    {
        RecordingFileSystem recording = new(new MemoryFileSystem(new SimulatedTime()).AddDirectory("/backups"));
        ScriptRun run = new(recording, () => recording.Operations.Count);
        CrashScripts.All[name](run, seed);
        run.Dispose();
        return (recording, run);
    }

    private static string Describe(RecordingFileSystem recording, State state, Exception error) => string.Join(
        '\n',
        recording.Operations.Take(state.Operation).Select((operation, i) => $"  {i + 1} {operation}")
            .Append("on the disk:")
            .Concat(state.Disk.Entries.Select(entry => $"  {entry.Path} {entry.Content?.Length}"))
            .Append(error.ToString()));

    private static string? Wanted => Environment.GetEnvironmentVariable(ReplayVariable) is { Length: > 0 } wanted ? wanted : null;

    private static bool IsWanted(string name, int seed, int operation, int number) =>
        Wanted is not { } wanted || wanted == $"{name}/{seed}/{operation}/{number}";

    // Not HashCode: that one differs from run to run.
    private static int Mix(int seed, int number) => unchecked(((seed * 31) + number) * 0x2545F491) & int.MaxValue;

    private IEnumerable<State> States(RecordingFileSystem recording, int chances, int seed)
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
                LookedAt++;
                yield return new State(operation, number++, Mix(Mix(seed, operation), number), disk);
            }
        }
    }

    private readonly record struct State(int Operation, int Number, int Seed, DiskContents Disk);
}
