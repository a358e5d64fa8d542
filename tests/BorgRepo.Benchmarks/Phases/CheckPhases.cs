using BorgRepo.Benchmarks.Measuring;
using BorgRepo.Benchmarks.Workloads;
using BorgRepo.Core;
using BorgRepo.Core.Checking;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Segments;

namespace BorgRepo.Benchmarks.Phases;

/// <summary>Phases that read the whole log.</summary>
internal static class CheckPhases
{
    private const int VerifiedObjects = 800;
    private const int HoleSize = 64 << 10;
    private const long LeastDamagedLength = 256 << 10;

    /// <summary>A check that must find nothing.</summary>
    public static void Check(PhaseRun run, string name, bool repair, bool isCold)
    {
        long bytes = RepositoryFolder.SegmentBytes(run.Path);
        if (isCold)
        {
            PageCache.Cool(run.Path);
        }
        else
        {
            PageCache.Warm(run.Path);
        }

        Clock clock = new();
        using (Repository repository = run.Open())
        {
            run.StartMemory();
            CheckResult result;
            using (clock.Measure())
            {
                result = repository.Check(new CheckOptions { Repair = repair, Workers = run.Threads }, static _ => { });
            }

            PhaseRun.Require(result.Passed && result.ErrorCount + result.WarningCount == 0, $"the check says {result.Conclusion}");
        }

        run.Report(name, clock, bytes);
        run.ReportMemory(name);
        if (!isCold)
        {
            run.ReportReadEfficiency(name, clock, bytes, run.Threads);
        }
    }

    /// <summary>A check after compaction. Then, not measured, some objects are compared with what they should be.</summary>
    public static void CheckAfter(PhaseRun run)
    {
        Check(run, PhaseNames.CheckAfter, repair: false, isCold: false);
        using Repository repository = run.Open();
        using ObjectBuffer buffer = new();
        Workload workload = run.Workload;
        long errors = 0;
        for (int i = 0; i < workload.Count; i += Math.Max(1, workload.Count / VerifiedObjects))
        {
            bool isThere = true;
            try
            {
                repository.Get(SplitMix.Key(i), buffer);
            }
            catch (ObjectNotFoundException)
            {
                isThere = false;
            }

            bool isDeleted = i % 4 == 2;
            bool isRight = isThere != isDeleted && (isDeleted || buffer.Value.SequenceEqual(DataPool.ValueOf(workload, i, i % 4 == 0 ? 1 : 0)));
            errors += isRight ? 0 : 1;
        }

        run.Rows.Write("verify_after.errors", errors, "count");
    }

    /// <summary>Index and hints are gone: opening until the number of objects is known and the new index durable.</summary>
    public static void Replay(PhaseRun run)
    {
        RepositoryFolder.DropIndex(run.Path);
        long bytes = RepositoryFolder.SegmentBytes(run.Path);
        PageCache.Warm(run.Path);
        run.StartMemory();
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
        run.Report(PhaseNames.Replay, clock, bytes, count);
        run.ReportMemory(PhaseNames.Replay);
        run.ReportReadEfficiency(PhaseNames.Replay, clock, bytes, run.Threads);
    }

    /// <summary>
    /// Repairs segments with two holes each. Like borg, and unlike the default, it keeps no copy of the damaged segments.
    /// </summary>
    public static void RepairDamaged(PhaseRun run)
    {
        int damaged = Damage(run.Path);
        long bytes = RepositoryFolder.SegmentBytes(run.Path);
        PageCache.Warm(run.Path);
        Clock clock = new();
        using (Repository repository = run.Open())
        {
            run.StartMemory();
            using (clock.Measure())
            {
                repository.Check(new CheckOptions { Repair = true, NoBackup = true, Workers = run.Threads }, static _ => { });
            }
        }

        run.Report(PhaseNames.RepairDamaged, clock, bytes);
        run.Rows.Write("repair_damaged.holes", 2L * damaged, "count");
        run.ReportMemory(PhaseNames.RepairDamaged);
        using (Repository repository = run.Open())
        {
            CheckResult result = repository.Check(new CheckOptions(), static _ => { });
            PhaseRun.Require(result.Passed, $"after the repair, the check says {result.Conclusion}");
        }
    }

    private static int Damage(string path)
    {
        int n = 0;
        foreach (string file in RepositoryFolder.Segments(path))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite);
            long size = stream.Length;
            if (size <= LeastDamagedLength)
            {
                continue;
            }

            n++;
            foreach (int quarter in (ReadOnlySpan<int>)[1, 3])
            {
                ulong from = SplitMix.Mix((ulong)((n * 2) + quarter)) % (DataPool.Length - HoleSize);
                stream.Position = size * quarter / 4;
                stream.Write(DataPool.Bytes.Slice((int)from, HoleSize));
            }
        }

        return n;
    }
}
