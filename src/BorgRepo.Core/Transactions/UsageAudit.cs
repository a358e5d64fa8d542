using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Transactions;

/// <summary>
/// Makes loaded hints fit to write by. Use counts that cannot be right are counted anew from the index, so that wrong
/// hints never decide that a segment is unused, or a DELETE; freeable bytes that hints version 1 does not tell are measured.
/// </summary>
public static class UsageAudit
{
    /// <summary>Corrects and completes.</summary>
    public static void Complete(LogContext context, SegmentUsage usage, HashIndex index, CancellationToken cancellationToken)
    {
        foreach (uint segment in usage.SegmentsToMeasure)
        {
            Measure(context, usage, index, segment, cancellationToken);
        }

        if (!AddsUp(usage, index))
        {
            context.Services.Notify(NoticeLevel.Warning, "The use counts in hints do not fit the index; they were counted anew.");
            Recount(usage, index);
        }
    }

    /// <summary>
    /// Counts for each segment how many index entries point into it. One whose count was wrong is marked as compactable, with
    /// no bytes: of it hints may not tell all superseded PUTs either, and compaction looks for those in marked segments.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Recount(SegmentUsage usage, HashIndex index)
    {
        Dictionary<uint, long> before = usage.UseCounts.ToDictionary();
        foreach (uint segment in before.Keys)
        {
            usage.ResetUse(segment);
        }

        using (IndexCursor cursor = index.Enumerate())
        {
            while (cursor.MoveNext(out _, out EntryLocation location))
            {
                usage.AddUse(location.Segment);
            }
        }

        foreach ((uint segment, long count) in usage.UseCounts)
        {
            if (before.GetValueOrDefault(segment) != count)
            {
                usage.AddFreeable(segment, 0);
            }
        }
    }

    private static bool AddsUp(SegmentUsage usage, HashIndex index)
    {
        long sum = 0;
        foreach (KeyValuePair<uint, long> pair in usage.UseCounts)
        {
            if (pair.Value < 0)
            {
                return false;
            }

            sum += pair.Value;
        }

        return sum == index.Count;
    }

    private static void Measure(LogContext context, SegmentUsage usage, HashIndex index, uint segment, CancellationToken cancellationToken)
    {
        long length = context.Store.GetLength(segment);
        if (length == 0)
        {
            usage.Forget(segment);
            return;
        }

        if (usage.GetUseCount(segment) == 0)
        {
            usage.SetFreeable(segment, length);
            return;
        }

        long freeable = 0;
        using SegmentReader reader = context.Store.OpenReader(segment, SegmentReadMode.Headers);
        while (reader.TryRead(out SegmentEntry entry))
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool current = entry.Tag == EntryTag.Put
                && index.TryGet(entry.Id, out EntryLocation location)
                && location == new EntryLocation(segment, entry.Offset);
            if (!current && entry.Tag != EntryTag.Commit)
            {
                freeable += entry.Size;
            }
        }

        usage.SetFreeable(segment, freeable);
    }
}
