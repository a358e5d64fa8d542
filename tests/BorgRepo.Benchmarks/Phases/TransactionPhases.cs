using System.Runtime.CompilerServices;
using BorgRepo.Benchmarks.Measuring;
using BorgRepo.Benchmarks.Workloads;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;

namespace BorgRepo.Benchmarks.Phases;

/// <summary>Phases about the fixed cost of a transaction, and about what was written within it.</summary>
internal static class TransactionPhases
{
    private const int Commits = 15;
    private const int OwnWrites = 200;
    private const int ValueSize = 1024;
    private const int FirstCommitted = 10_000_000;
    private const int FirstOwn = 20_000_000;

    /// <summary>A small put and its commit, again and again.</summary>
    public static void CommitOne(PhaseRun run)
    {
        List<Clock> clocks = [];
        using (Repository repository = run.Open())
        {
            for (int j = 0; j < Commits; j++)
            {
                ObjectId key = SplitMix.Key(FirstCommitted + j);
                Clock clock = new();
                using (clock.Measure())
                {
                    repository.Put(key, DataPool.Bytes[..ValueSize]);
                    repository.Commit();
                }

                clocks.Add(clock);
            }
        }

        run.Rows.Write("commit1.median", Median(clocks.Select(clock => clock.Wall)) * 1e3, "ms");
        run.Rows.Write("commit1.min", clocks.Min(clock => clock.Wall) * 1e3, "ms");
        run.Rows.Write("commit1.cpu", Median(clocks.Select(clock => clock.Processor)) * 1e3, "ms");
    }

    /// <summary>Puts and reads back at once; then overwrites what the same transaction wrote. Rolled back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ReadWrite(PhaseRun run)
    {
        ObjectId[] keys = [.. Enumerable.Range(0, OwnWrites).Select(j => SplitMix.Key(FirstOwn + j))];
        ReadOnlySpan<byte> value = DataPool.Bytes[..ValueSize];
        using Repository repository = run.Open();
        using ObjectBuffer buffer = new();
        _ = repository.Count;
        Clock clock = new();
        using (clock.Measure())
        {
            foreach (ObjectId key in keys)
            {
                repository.Put(key, value);
                repository.Get(key, buffer);
            }
        }

        PhaseRun.Require(buffer.Value.SequenceEqual(value), "another value came back");
        run.Report("txn_read_own_write", clock, null, keys.Length);
        Clock overwrite = new();
        using (overwrite.Measure())
        {
            foreach (ObjectId key in keys)
            {
                repository.Put(key, value);
            }
        }

        run.Report("txn_overwrite_own", overwrite, null, keys.Length);
        repository.Rollback();
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Commits / 2);
}
