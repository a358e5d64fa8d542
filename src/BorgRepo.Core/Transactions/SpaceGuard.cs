using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Transactions;

/// <summary>
/// Estimates before a commit how much space it may need, so that it is not begun on a volume that will run full
/// (docs/format.md, "Free space"). A running compaction holds old and new segments at once.
/// </summary>
public static class SpaceGuard
{
    private const long IndexBucketSize = 40;
    private const long IndexHeaderSize = 18;
    private const long HintsBytesPerSegment = 10;
    private const long FixedReserve = 4096;
    private const int FewSegments = 10;

    /// <summary>Bytes that a commit may need. Pure.</summary>
    /// <param name="buckets">Buckets of the index.</param>
    /// <param name="trackedSegments">Segments in hints.</param>
    /// <param name="freeableSegments">Segments with freeable bytes in hints.</param>
    /// <param name="additional">Reserve from the config.</param>
    /// <param name="compactionBytes">Most bytes that a compaction holds twice.</param>
    public static long EstimateCommit(long buckets, long trackedSegments, long freeableSegments, long additional, long compactionBytes) =>
        (4 * (IndexHeaderSize + (IndexBucketSize * buckets)))
        + (HintsBytesPerSegment * trackedSegments)
        + (HintsBytesPerSegment * freeableSegments)
        + FixedReserve
        + additional
        + compactionBytes;

    /// <summary>Compares the estimate with what the volume offers.</summary>
    /// <exception cref="InsufficientFreeSpaceException">Too little is free.</exception>
    public static void Check(LogContext context, long buckets, SegmentUsage usage)
    {
        long required = EstimateCommit(
            buckets, usage.UseCounts.Count, usage.Freeable.Count, context.AdditionalFreeSpace, CompactionBytes(context, usage));
        long? available;
        try
        {
            available = context.Services.FileSystem.GetAvailableBytes(context.Path);
        }
        catch (IOException error)
        {
            context.Services.Notify(NoticeLevel.Warning, $"The free space of {context.Path} is unknown: {error.Message}");
            return;
        }

        if (available is { } bytes && bytes < required)
        {
            throw new InsufficientFreeSpaceException(required, bytes);
        }
    }

    private static long CompactionBytes(LogContext context, SegmentUsage usage)
    {
        if (context.AppendOnly)
        {
            return 0;
        }

        long full = context.MaxSegmentSize + LogEntry.MaxEntrySize;
        if (usage.Freeable.Count >= FewSegments)
        {
            return full;
        }

        long sum = 0;
        foreach ((uint segment, long freeable) in usage.Freeable)
        {
            long length = context.Store.GetLength(segment);
            sum += length > 0 ? length - freeable : 0;
        }

        return Math.Min(sum, full);
    }
}
