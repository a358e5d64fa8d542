using System.Runtime.CompilerServices;
using BorgRepo.Benchmarks.Measuring;
using BorgRepo.Benchmarks.Workloads;
using BorgRepo.Core;
using BorgRepo.Core.Format;

namespace BorgRepo.Benchmarks.Phases;

/// <summary>Phases that write objects.</summary>
internal static class WritePhases
{
    private const double CompactionThreshold = 0.1;

    /// <summary>Puts all objects into a new repository, one commit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Put(PhaseRun run)
    {
        Workload workload = run.Workload;
        _ = DataPool.Bytes;
        run.Create();
        run.StartMemory();
        Clock clock = new();
        long bytes = 0;
        double loop;
        using (Repository repository = run.Open())
        {
            using (clock.Measure())
            {
                _ = repository.Count;
            }

            foreach (PutBatch batch in PutBatch.Cut(workload, Enumerable.Range(0, workload.Count), static _ => 0))
            {
                using (clock.Measure())
                {
                    for (int i = 0; i < batch.Keys.Length; i++)
                    {
                        ReadOnlySpan<byte> value = batch.ValueAt(i);
                        repository.Put(batch.Keys[i], value);
                        bytes += value.Length;
                    }
                }
            }

            loop = clock.Wall;
            using (clock.Measure())
            {
                repository.Commit();
            }
        }

        run.Report(PhaseNames.Put, clock, bytes, workload.Count);
        run.Rows.Write("put.commit_wall", clock.Wall - loop, "s");
        run.Rows.Write("put.cpu_per_op", clock.Processor / workload.Count * 1e6, "us");
        run.ReportMemory(PhaseNames.Put);
        run.Rows.Write("files.segment_bytes", RepositoryFolder.SegmentBytes(run.Path), "B");
        run.Rows.Write("files.index_bytes_per_entry", (double)RepositoryFolder.IndexBytes(run.Path) / workload.Count, "B");
        run.ReportWriteEfficiency(PhaseNames.Put, clock, bytes);
    }

    /// <summary>In order: every fourth object is put again with new bytes, every fourth is deleted; one commit, no compaction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OverwriteDelete(PhaseRun run)
    {
        Workload workload = run.Workload;
        _ = DataPool.Bytes;
        PageCache.Warm(run.Path);
        run.StartMemory();
        Clock clock = new();
        long operations = 0;
        long bytes = 0;
        double loop;
        using (Repository repository = run.Open())
        {
            using (clock.Measure())
            {
                _ = repository.Count;
            }

            IEnumerable<int> changed = Enumerable.Range(0, workload.Count).Where(i => i % 2 == 0);
            foreach (PutBatch batch in PutBatch.Cut(workload, changed, static number => number % 4 == 0 ? 1 : null))
            {
                using (clock.Measure())
                {
                    for (int i = 0; i < batch.Keys.Length; i++)
                    {
                        if (batch.Numbers[i] % 4 == 0)
                        {
                            ReadOnlySpan<byte> value = batch.ValueAt(i);
                            repository.Put(batch.Keys[i], value);
                            bytes += value.Length;
                        }
                        else
                        {
                            repository.Delete(batch.Keys[i]);
                        }
                    }
                }

                operations += batch.Keys.Length;
            }

            loop = clock.Wall;
            using (clock.Measure())
            {
                repository.Commit();
            }
        }

        run.Report(PhaseNames.OverwriteDelete, clock, bytes, operations);
        run.Rows.Write("overwrite_delete.commit_wall", clock.Wall - loop, "s");
        run.ReportMemory(PhaseNames.OverwriteDelete);
    }

    /// <summary>Commits with compaction. The object that makes it a transaction is removed afterwards.</summary>
    public static void Compact(PhaseRun run)
    {
        ObjectId extra = SplitMix.Key(run.Workload.Count);
        long before = RepositoryFolder.SegmentBytes(run.Path);
        PageCache.Warm(run.Path);
        run.StartMemory();
        Clock clock = new();
        using (Repository repository = run.Open())
        {
            repository.Put(extra, "x"u8);
            using (clock.Measure())
            {
                repository.Commit(new CommitOptions { Compact = true, Threshold = CompactionThreshold });
            }
        }

        run.Report(PhaseNames.Compact, clock, before);
        run.Rows.Write("compact.freed", before - RepositoryFolder.SegmentBytes(run.Path), "B");
        run.ReportMemory(PhaseNames.Compact);
        run.ReportWriteEfficiency(PhaseNames.Compact, clock, before);
        using (Repository repository = run.Open())
        {
            repository.Delete(extra);
            repository.Commit();
        }
    }
}
