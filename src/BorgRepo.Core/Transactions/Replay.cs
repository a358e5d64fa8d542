using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Transactions;

/// <summary>
/// Applies segments to an index and its usage, in ascending order: the one way by which the log becomes a state.
/// Numbers of old index entries may name segments that a compaction has deleted; that is normal, and tolerated.
/// </summary>
/// <param name="context">The repository.</param>
/// <param name="index">Index to bring up to date.</param>
/// <param name="usage">Usage to bring up to date.</param>
public sealed class Replay(LogContext context, HashIndex index, SegmentUsage usage)
{
    /// <summary>Applies all segments after one transaction up to and including another.</summary>
    /// <param name="after">Transaction of the state so far; null to begin from nothing.</param>
    /// <param name="upTo">Transaction to reach.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    /// <exception cref="IntegrityException">A segment is damaged: a check is needed.</exception>
    public void Run(uint? after, uint upTo, CancellationToken cancellationToken)
    {
        List<(SegmentFile File, long Length)> segments = [];
        long total = 0;
        foreach (SegmentFile file in context.Store.Enumerate())
        {
            if ((after is not { } last || file.Number > last) && file.Number <= upTo)
            {
                long length = context.Store.GetLength(file.Number);
                segments.Add((file, length));
                total += length;
            }
        }

        long done = 0;
        foreach ((SegmentFile file, long length) in segments)
        {
            context.Services.Progress?.Invoke(new OperationProgress("Replaying segments", done, total, $"segment {file.Number}"));
            if (length == 0)
            {
                // Truncated to be unlinked, then interrupted: logically deleted.
                context.Services.Notify(NoticeLevel.Warning, $"Segment {file.Number} has no content; it counts as deleted.");
                continue;
            }

            ApplySegment(file, length, cancellationToken);
            done += length;
        }
    }

    /// <summary>Applies one entry of a segment.</summary>
    public void Apply(uint segment, in SegmentEntry entry)
    {
        switch (entry.Tag)
        {
            case EntryTag.Put:
                ApplyPut(segment, entry);
                break;
            case EntryTag.Delete:
                ApplyDelete(segment, entry);
                break;
            default:
                break;
        }
    }

    /// <summary>Begins a segment: none of its PUTs is in use yet.</summary>
    public void BeginSegment(uint segment) => usage.ResetUse(segment);

    /// <summary>Ends a segment: one that holds no current object may go as a whole.</summary>
    public void EndSegment(uint segment, long fileLength)
    {
        if (usage.GetUseCount(segment) == 0)
        {
            usage.SetFreeable(segment, fileLength);
        }
    }

    private void ApplySegment(SegmentFile file, long length, CancellationToken cancellationToken)
    {
        BeginSegment(file.Number);
        using SegmentReader reader = SegmentReader.Open(context.Services.FileSystem, file, SegmentReadMode.Verify);
        while (reader.TryRead(out SegmentEntry entry))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Apply(file.Number, entry);
        }

        EndSegment(file.Number, length);
    }

    private void ApplyPut(uint segment, in SegmentEntry entry)
    {
        if (index.TryGet(entry.Id, out EntryLocation old))
        {
            // The size of the new entry stands for that of the old one, as in borg: an estimate that costs no read.
            usage.AddFreeable(old.Segment, entry.Size);
            ReleaseUse(old.Segment);
            usage.AddShadow(entry.Id, old.Segment);
        }

        index.Set(entry.Id, new EntryLocation(segment, entry.Offset));
        usage.AddUse(segment);
        usage.QuotaUse += entry.Size;
    }

    private void ApplyDelete(uint segment, in SegmentEntry entry)
    {
        if (index.Remove(entry.Id, out EntryLocation old) && context.Store.Exists(old.Segment))
        {
            ReleaseUse(old.Segment);
            usage.AddFreeable(old.Segment, SizeOf(old, entry.Id));
            usage.AddShadow(entry.Id, old.Segment);
        }

        if (context.Format == WriteFormat.Borg10)
        {
            // 1.0 compacts every segment that holds a DELETE, so that none of them outlives what it deletes.
            usage.AddFreeable(segment, entry.Size);
        }
    }

    private void ReleaseUse(uint segment)
    {
        if (usage.IsTracked(segment))
        {
            usage.ReleaseUse(segment);
        }
    }

    private int SizeOf(EntryLocation location, in ObjectId id)
    {
        using HandleLease lease = context.Store.Handles.Acquire(location.Segment);
        try
        {
            return ObjectReader.ReadSize(lease.File, location, id);
        }
        catch (IntegrityException error)
        {
            // The entry is superseded anyway; only the estimate of what can be freed suffers.
            context.Services.Notify(NoticeLevel.Warning, $"{error.Message}: the deleted entry cannot be measured.");
            return 0;
        }
    }
}
