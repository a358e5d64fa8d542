using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Compaction;

/// <summary>Chooses the segments that a compaction takes on.</summary>
/// <param name="context">The repository.</param>
/// <param name="index">Its index.</param>
/// <param name="usage">Its usage, with use counts that are right.</param>
/// <param name="diskTransactionId">The transaction whose index is on the disk; null if none is.</param>
/// <param name="lastSegment">Segments after this one do not count: an interrupted transaction left them.</param>
/// <param name="options">What to take on.</param>
internal sealed class CandidateSelection(
    LogContext context, HashIndex index, SegmentUsage usage, uint? diskTransactionId, uint? lastSegment, CompactionOptions options)
{
    private readonly HashSet<uint> _taken = [];

    /// <summary>Chooses, and tells of the segments that were considered and not chosen.</summary>
    /// <param name="notChosen">Receives those.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    /// <returns>The chosen ones in ascending order.</returns>
    public List<CompactedSegment> Select(List<CompactedSegment> notChosen, CancellationToken cancellationToken)
    {
        AddUnmarked(cancellationToken);
        List<CompactedSegment> chosen = [];
        foreach ((uint segment, long freeable) in usage.Freeable.OrderBy(pair => pair.Key).ToArray())
        {
            CompactedSegment verdict = Judge(segment, freeable, cancellationToken);
            if (verdict.Action == CompactionAction.Keep)
            {
                notChosen.Add(verdict);
            }
            else
            {
                chosen.Add(verdict);
                _taken.Add(segment);
            }
        }

        // A compaction ends with a COMMIT. If all it could do is to replace the last one, it would be as far as before.
        if (options.SkipUseless && chosen is [{ Reason: CompactionReason.EmptyCommit } only] && only.Segment == diskTransactionId)
        {
            notChosen.Add(only with { Action = CompactionAction.Keep, Reason = CompactionReason.LastCommit });
            chosen.Clear();
        }

        return chosen;
    }

    private void AddUnmarked(CancellationToken cancellationToken)
    {
        if (!options.RemoveEmptyCommits && !options.All)
        {
            return;
        }

        foreach (SegmentFile file in context.Store.Enumerate().TakeWhile(file => file.Number <= lastSegment))
        {
            long length = context.Store.GetLength(file.Number);
            if (length == LogEntry.CommitOnlySegmentSize && usage.GetUseCount(file.Number) == 0)
            {
                usage.ResetUse(file.Number);
                usage.SetFreeable(file.Number, LogEntry.CommitSize);
            }
            else if (options.All && length > 0)
            {
                long freeable = Measure(file.Number, countKeptDeletes: true, cancellationToken);
                if (freeable > 0)
                {
                    usage.SetFreeable(file.Number, freeable);
                }
            }
        }
    }

    private CompactedSegment Judge(uint segment, long freeable, CancellationToken cancellationToken)
    {
        long length = context.Store.GetLength(segment);
        CompactedSegment Keep(CompactionReason reason) => new(segment, CompactionAction.Keep, reason, length, 0, string.Empty);
        if (length == 0)
        {
            context.Services.Notify(NoticeLevel.Warning, $"Segment {segment} is in hints, but its file is gone or empty; hints forget it.");
            usage.ForgetFreeable(segment);
            if (usage.GetUseCount(segment) == 0)
            {
                usage.Forget(segment);
            }

            return Keep(CompactionReason.Missing);
        }

        bool isEmptyCommit = length == LogEntry.CommitOnlySegmentSize && usage.GetUseCount(segment) == 0;
        CompactedSegment take = new(
            segment, CompactionAction.Rewrite, isEmptyCommit ? CompactionReason.EmptyCommit : CompactionReason.Sparse, length, 0, string.Empty);
        if (context.Format == WriteFormat.Borg10)
        {
            return take;
        }

        if (!((double)freeable / length > options.Threshold) && !options.All)
        {
            return Keep(CompactionReason.BelowThreshold);
        }

        bool useless = options.SkipUseless && !isEmptyCommit && usage.GetUseCount(segment) >= 0
            && Measure(segment, countKeptDeletes: false, cancellationToken) == 0;
        return useless ? Keep(CompactionReason.NothingToGain) : take;
    }

    /// <summary>Bytes of entries that need not be copied. Reads headers only.</summary>
    private long Measure(uint segment, bool countKeptDeletes, CancellationToken cancellationToken)
    {
        long freeable = 0;
        try
        {
            using SegmentReader reader = context.Store.OpenReader(segment, SegmentReadMode.Headers);
            while (reader.TryRead(out SegmentEntry entry))
            {
                cancellationToken.ThrowIfCancellationRequested();
                freeable += IsDroppable(segment, entry, countKeptDeletes) ? entry.Size : 0;
            }
        }
        catch (IntegrityException)
        {
            // The pass itself meets the damage, and keeps the segment with that reason.
            return Math.Max(freeable, 1);
        }

        return freeable;
    }

    // An older PUT in a segment that goes in the same run is no reason to keep a DELETE.
    private bool IsDroppable(uint segment, in SegmentEntry entry, bool countKeptDeletes) => entry.Tag switch
    {
        EntryTag.Put => !index.TryGet(entry.Id, out EntryLocation location) || location != new EntryLocation(segment, entry.Offset),
        EntryTag.Delete => countKeptDeletes || index.Contains(entry.Id)
            || (diskTransactionId is { } saved && segment <= saved
                && usage.TryGetShadow(entry.Id, out ShadowedPuts older) && !older.AnyBelow(segment, _taken)),
        _ => false,
    };
}
