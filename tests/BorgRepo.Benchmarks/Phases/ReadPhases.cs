using System.Runtime.CompilerServices;
using BorgRepo.Benchmarks.Measuring;
using BorgRepo.Benchmarks.Workloads;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;

namespace BorgRepo.Benchmarks.Phases;

/// <summary>Phases that open the repository and read objects by id.</summary>
internal static class ReadPhases
{
    private const int OpenTries = 3;
    private const int MostRandomReads = 100_000;
    private const int VerifiedObjects = 500;
    private const ulong RandomReads = 0x6E70000000000000;

    /// <summary>Opens until the number of objects is known; best of three.</summary>
    public static void Open(PhaseRun run)
    {
        run.StartMemory();
        Clock? best = null;
        for (int i = 0; i < OpenTries; i++)
        {
            PageCache.Warm(run.Path);
            Clock clock = new();
            Repository repository;
            int count;
            using (clock.Measure())
            {
                repository = run.Open();
                count = repository.Count;
            }

            repository.Dispose();
            PhaseRun.Require(count == run.Workload.Count, $"{count} objects");
            best = best is null || clock.Wall < best.Wall ? clock : best;
        }

        run.Report(PhaseNames.Open, best!);
        run.ReportMemory(PhaseNames.Open);
    }

    /// <summary>Random objects, into one buffer; then the same as new arrays.</summary>
    public static void GetRandom(PhaseRun run)
    {
        ObjectId[] keys = SplitMix.RandomKeys(RandomReads, Math.Min(run.Workload.Count, MostRandomReads), run.Workload.Count);
        using Repository repository = run.Open();
        _ = repository.Count;
        PageCache.Warm(run.Path);
        run.StartMemory();
        (Clock clock, long bytes) = Read(repository, keys);
        run.Report(PhaseNames.GetRandom, clock, bytes, keys.Length);
        run.ReportMemory(PhaseNames.GetRandom);
        run.ReportReadEfficiency(PhaseNames.GetRandom, clock, bytes, loopThreads: 1);

        Clock arrays = new();
        using (arrays.Measure())
        {
            foreach (ObjectId key in keys)
            {
                bytes -= repository.Get(key).Length;
            }
        }

        PhaseRun.Require(bytes == 0, "arrays and buffers differ in length");
        run.Report("get_random_array", arrays, null, keys.Length);
    }

    /// <summary>All objects in the order in which they were put. Then, not measured, some are compared.</summary>
    public static void GetSequential(PhaseRun run)
    {
        Workload workload = run.Workload;
        ObjectId[] keys = [.. Enumerable.Range(0, workload.Count).Select(i => SplitMix.Key(i))];
        using Repository repository = run.Open();
        _ = repository.Count;
        PageCache.Warm(run.Path);
        run.StartMemory();
        (Clock clock, long bytes) = Read(repository, keys);
        run.Report(PhaseNames.GetSequential, clock, bytes, keys.Length);
        run.ReportMemory(PhaseNames.GetSequential);

        int errors = 0;
        using ObjectBuffer buffer = new();
        for (int i = 0; i < workload.Count; i += Math.Max(1, workload.Count / VerifiedObjects))
        {
            repository.Get(keys[i], buffer);
            errors += buffer.Value.SequenceEqual(DataPool.ValueOf(workload, i, 0)) ? 0 : 1;
        }

        run.Rows.Write("verify.errors", (long)errors, "count");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (Clock Clock, long Bytes) Read(Repository repository, ObjectId[] keys)
    {
        using ObjectBuffer buffer = new();
        Clock clock = new();
        long bytes = 0;
        using (clock.Measure())
        {
            foreach (ref readonly ObjectId key in keys.AsSpan())
            {
                repository.Get(key, buffer);
                bytes += buffer.Value.Length;
            }
        }

        return (clock, bytes);
    }
}
