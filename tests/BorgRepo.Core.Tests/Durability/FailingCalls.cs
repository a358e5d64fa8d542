using System.Collections.Concurrent;
using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>
/// Runs a script again and again, each time with another call of the file system failing, and requires each time: a typed
/// error or none, the old state (the new one only if the commit was durable), no lock left, no sync tried again, and a next
/// run that works - also when the machine stops right after the failure.
/// </summary>
internal sealed class FailingCalls
{
    private const string Path = ScriptRun.RepositoryPath;

    private readonly ConcurrentQueue<string> _failures = [];
    private readonly StateVerifier _verifier = new() { SecondCrashes = 0 };
    private int _runs;

    public enum Extent
    {
        /// <summary>Only this call fails.</summary>
        Once,

        /// <summary>The volume is full from this call on: nothing grows.</summary>
        FullFromThen,

        /// <summary>Nothing works from this call on.</summary>
        DeadFromThen,
    }

    /// <summary>One line for each run that was not as it has to be.</summary>
    public ConcurrentQueue<string> Failures => _failures;

    /// <summary>Runs with a failing call.</summary>
    public int Runs => _runs;

    /// <summary>States of a crash after a failed call that were verified.</summary>
    public int CrashStates => _verifier.DistinctStates;

    /// <summary>Lets each call of a script fail in each way.</summary>
    /// <param name="name">The script.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="share">Share of the calls to fail, 0 - 1.</param>
    /// <param name="crashShare">Share of the runs after which crashes are looked at too.</param>
    /// <param name="only">The only kind of call to fail; null for all.</param>
    public void Explore(string name, int seed, double share = 1, double crashShare = 0.1, FileCall? only = null)
    {
        (FaultingFileSystem undisturbed, _, _) = Run(name, seed, null, out Exception? error);
        Assert.True(error is null, $"{name}: {error}");
        Random random = new(seed);
        List<(int Call, Fault Fault, Extent Extent)> plans = [];
        for (int i = 0; i < undisturbed.Log.Count; i++)
        {
            if (random.NextDouble() < share && (only ?? undisturbed.Log[i]) == undisturbed.Log[i])
            {
                plans.AddRange(FaultingFileSystem.FaultsOf(undisturbed.Log[i]).Select(fault => (i, fault, Extent.Once)));
                plans.Add((i, Fault.NoSpace, Extent.FullFromThen));
                plans.Add((i, Fault.DeviceError, Extent.DeadFromThen));
            }
        }

        Parallel.ForEach(plans, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, plan =>
        {
            Interlocked.Increment(ref _runs);
            FileCall call = undisturbed.Log[plan.Call];
            string path = undisturbed.Paths[plan.Call];
            try
            {
                Try(name, seed, plan.Call, plan.Fault, plan.Extent, crash: call is FileCall.Sync or FileCall.SyncDirectory || new Random(plan.Call).NextDouble() < crashShare);
            }
            catch (Exception problem)
            {
                _failures.Enqueue($"{name}/{seed}: call {plan.Call} ({call} {path}) {plan.Fault} {plan.Extent}: {problem.Message}\n{problem.StackTrace}");
            }
        });
    }

    private static bool Fails(int number, FileCall call, int from, Extent extent) => extent switch
    {
        Extent.Once => number == from,
        Extent.FullFromThen => number >= from && call is FileCall.Write or FileCall.OpenForWriting or FileCall.CreateDirectory or FileCall.Sync,
        _ => number >= from,
    };

    private static (FaultingFileSystem Faults, MemoryFileSystem Files, (RecordingFileSystem Recording, ScriptRun Run) Record) Run(
        string name, int seed, Func<int, FileCall, Fault?>? plan, out Exception? error)
    {
        MemoryFileSystem files = new MemoryFileSystem(new SimulatedTime()).AddDirectory("/backups");
        RecordingFileSystem recording = new(files);
        FaultingFileSystem faults = new(recording) { Plan = plan };
        ScriptRun run = new(faults, () => recording.Operations.Count);
        error = null;
        try
        {
            CrashScripts.All[name](run, seed);
        }
        catch (Exception caught)
        {
            error = caught;
        }

        run.Dispose();
        return (faults, files, (recording, run));
    }

    private void Try(string name, int seed, int number, Fault fault, Extent extent, bool crash)
    {
        (FaultingFileSystem faults, MemoryFileSystem files, (RecordingFileSystem recording, ScriptRun run)) = Run(
            name, seed, (n, call) => Fails(n, call, number, extent) ? fault : null, out Exception? error);
        Assert.True(error is null or BorgRepositoryException or IOException or UnauthorizedAccessException, $"not a typed error: {error}");
        Assert.True(faults.RetriedSyncs.Count == 0, $"synced again after a failed sync: {string.Join(' ', faults.RetriedSyncs)}");

        // Giving a lock back takes some of the calls that fail; then its process id tells that nobody has it.
        bool lockMayStay = extent != Extent.Once || faults.Paths[number].Contains("/lock.", StringComparison.Ordinal);
        string[] locks = [.. files.Files("/backups").Where(path => path.Contains("/lock.", StringComparison.Ordinal) && Names(files, path, run.ProcessId))];
        Assert.True(locks.Length == 0 || lockMayStay, $"a lock stayed: {string.Join(' ', locks)} after {error}");

        // With a dead disk nothing can be taken back: whether the COMMIT arrived is as open as after a crash.
        RequireState(files, extent == Extent.DeadFromThen ? run.Accepted : run.AcceptedNow, error);

        // A process that is killed before it can act on a failed sync leaves pages that read well and are lost: nobody who
        // comes after it can know.
        if (crash && error is not null)
        {
            CrashAfter(recording, run, number);
        }
    }

    // What a killed process left is no concern of the one that came after it and failed.
    private static bool Names(MemoryFileSystem files, string path, int processId) =>
        path.Contains($".{processId}-", StringComparison.Ordinal)
        || Encoding.UTF8.GetString(files.ReadAllBytes(path)).Contains($" {processId},", StringComparison.Ordinal);

    private static void RequireState(MemoryFileSystem files, RepositoryContents[] accepted, Exception? error)
    {
        RepositoryServices services = new(files, new SimulatedEnvironment(new SimulatedTime(), processId: 5000));
        if (!Repository.IsRepository(Path, services))
        {
            Assert.True(accepted.Contains(RepositoryContents.Absent), $"there is no repository any more after {error}");
            return;
        }

        using Repository session = Repository.Open(Path, new OpenOptions { Access = SessionAccess.Write }, services);
        RepositoryContents found = RepositoryContents.Read(session);
        Assert.True(accepted.Contains(found), $"found {found}; allowed: {string.Join(" or ", accepted.AsEnumerable())} after {error}");
        try
        {
            session.Put(ScriptRun.Id(998), [9, 9, 8]);
        }
        catch (CheckNeededException) when (session.TransactionId is null)
        {
            // Segments without any commit are never deleted silently.
            return;
        }

        session.Commit();
        Assert.Equal(found.Objects.Count + (found.Objects.ContainsKey(ScriptRun.Id(998)) ? 0 : 1), session.Count);
    }

    private void CrashAfter(RecordingFileSystem recording, ScriptRun run, int seed)
    {
        DiskImage image = recording.CreateImage();
        int from = recording.Operations.Count - new Random(seed).Next(Math.Min(12, recording.Operations.Count));
        foreach (DiskOperation operation in recording.Operations.Take(from))
        {
            image.Apply(operation);
        }

        int number = 0;
        foreach (DiskContents disk in Simulation.CrashStates.Enumerate(image, seed, 4))
        {
            if (number++ % 4 == 0)
            {
                _verifier.Verify(disk, run.AcceptedAt(from), seed + number);
            }
        }
    }
}
