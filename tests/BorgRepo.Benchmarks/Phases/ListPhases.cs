using System.Runtime.CompilerServices;
using BorgRepo.Benchmarks.Measuring;
using BorgRepo.Benchmarks.Workloads;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;

namespace BorgRepo.Benchmarks.Phases;

/// <summary>Phases that list ids or ask for them.</summary>
internal static class ListPhases
{
    private const int ReadPage = 10_000;
    private const int ListPage = 1000;
    private const int Tests = 200_000;
    private const ulong RandomTests = 0xC047000000000000;

    /// <summary>Lists page by page and reads each page's objects in the order of the list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ListGet(PhaseRun run)
    {
        using Repository repository = run.Open();
        _ = repository.Count;
        PageCache.Warm(run.Path);
        run.StartMemory();
        using ObjectBuffer buffer = new();
        Clock clock = new();
        long bytes = 0;
        int count = 0;
        using (clock.Measure())
        {
            foreach (ObjectId[] page in Pages(repository, ReadPage))
            {
                foreach (ObjectId key in page)
                {
                    repository.Get(key, buffer);
                    bytes += buffer.Value.Length;
                }

                count += page.Length;
            }
        }

        PhaseRun.Require(count == run.Workload.Count, $"{count} objects");
        run.Report(PhaseNames.ListGet, clock, bytes, count);
        run.ReportMemory(PhaseNames.ListGet);
    }

    /// <summary>All ids at once, then page by page.</summary>
    public static void List(PhaseRun run)
    {
        using Repository repository = run.Open();
        _ = repository.Count;
        run.StartMemory();
        Clock clock = new();
        ObjectId[] all;
        int listed;
        using (clock.Measure())
        {
            all = new ObjectId[repository.Count];
            listed = repository.List(all);
        }

        PhaseRun.Require(listed == run.Workload.Count, $"{listed} ids");
        run.Report(PhaseNames.List, clock, null, listed);
        run.ReportMemory(PhaseNames.List);

        Clock paged = new();
        int count = 0;
        using (paged.Measure())
        {
            foreach (ObjectId[] page in Pages(repository, ListPage))
            {
                count += page.Length;
            }
        }

        PhaseRun.Require(count == listed, $"{count} ids in pages");
        run.Report("list_paged1000", paged, null, count);
    }

    /// <summary>Asks for ids of which half are there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Contains(PhaseRun run)
    {
        ObjectId[] keys = SplitMix.RandomKeys(RandomTests, Tests, 2 * run.Workload.Count);
        using Repository repository = run.Open();
        _ = repository.Count;
        Clock clock = new();
        int hits = 0;
        using (clock.Measure())
        {
            foreach (ref readonly ObjectId key in keys.AsSpan())
            {
                hits += repository.Contains(key) ? 1 : 0;
            }
        }

        PhaseRun.Require(hits > 0 && hits < keys.Length, $"{hits} of {keys.Length} ids are there");
        run.Report(PhaseNames.Contains, clock, null, keys.Length);
    }

    private static IEnumerable<ObjectId[]> Pages(Repository repository, int size)
    {
        ObjectId? marker = null;
        while (true)
        {
            ObjectId[] page = new ObjectId[size];
            int count = repository.List(page, marker);
            if (count == 0)
            {
                yield break;
            }

            yield return count == size ? page : page[..count];
            marker = page[count - 1];
        }
    }
}
