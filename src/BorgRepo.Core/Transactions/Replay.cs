using System.Runtime.CompilerServices;
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
/// <param name="workers">Threads that <see cref="Run"/> reads with; entries are applied on the caller's.</param>
public sealed class Replay(LogContext context, HashIndex index, SegmentUsage usage, int workers) : ISegmentVisitor
{
    /// <summary>How many entries ahead the index is asked for: enough for its memory to answer meanwhile.</summary>
    private const int Lookahead = 12;

    private readonly Dictionary<uint, bool> _exists = [];
    private readonly EntrySizeReader _sizes = new(context.Store.Handles);
    private long _total;
    private long _done;

    /// <summary>Applies all segments after one transaction up to and including another.</summary>
    /// <param name="after">Transaction of the state so far; null to begin from nothing.</param>
    /// <param name="upTo">Transaction to reach.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    /// <exception cref="IntegrityException">A segment is damaged: a check is needed.</exception>
    public void Run(uint? after, uint upTo, CancellationToken cancellationToken)
    {
        List<(SegmentFile File, long Length)> segments = [];
        foreach (SegmentFile file in context.Store.Enumerate())
        {
            if ((after is { } last && file.Number <= last) || file.Number > upTo)
            {
                continue;
            }

            long length = context.Store.GetLength(file.Number);
            if (length == 0)
            {
                // Truncated to be unlinked, then interrupted: logically deleted.
                context.Services.Notify(NoticeLevel.Warning, $"Segment {file.Number} has no content; it counts as deleted.");
                continue;
            }

            segments.Add((file, length));
        }

        _total = segments.Sum(segment => segment.Length);
        _done = 0;
        new SegmentPipeline(context.Services.FileSystem, SegmentReadMode.Verify, workers, isKnown: null)
            .Run(segments, this, cancellationToken);
    }

    /// <summary>Begins a segment: none of its PUTs is in use yet.</summary>
    public void BeginSegment(uint segment) => usage.ResetUse(segment);

    /// <summary>Applies the next entries of a segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(uint segment, ReadOnlySpan<SegmentEntry> entries)
    {
        int puts = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            if (i + Lookahead < entries.Length)
            {
                index.Prefetch(entries[i + Lookahead].Id);
            }

            ref readonly SegmentEntry entry = ref entries[i];
            if (entry.Tag == EntryTag.Put)
            {
                ApplyPut(segment, entry);
                puts++;
            }
            else if (entry.Tag == EntryTag.Delete)
            {
                ApplyDelete(segment, entry);
            }
        }

        usage.AddUse(segment, puts);
    }

    /// <summary>Ends a segment: one that holds no current object may go as a whole.</summary>
    public void EndSegment(uint segment, long fileLength)
    {
        if (usage.GetUseCount(segment) == 0)
        {
            usage.SetFreeable(segment, fileLength);
        }
    }

    /// <summary>Saves index and usage as those of a transaction.</summary>
    public void Save(uint transactionId) => Checkpoint.Save(context, transactionId, index, usage);

    /// <inheritdoc/>
    void ISegmentVisitor.Begin(SegmentFile segment, long length)
    {
        context.Services.Progress?.Invoke(new OperationProgress("Replaying segments", _done, _total, $"segment {segment.Number}"));
        BeginSegment(segment.Number);
    }

    /// <inheritdoc/>
    void ISegmentVisitor.Entries(uint segment, ReadOnlySpan<SegmentEntry> entries) => Apply(segment, entries);

    /// <inheritdoc/>
    void ISegmentVisitor.Damage(DamagedRange range) => throw range.Cause;

    /// <inheritdoc/>
    bool ISegmentVisitor.Complete(SegmentFile segment, long length)
    {
        EndSegment(segment.Number, length);
        _done += length;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ApplyPut(uint segment, in SegmentEntry entry)
    {
        if (index.Exchange(entry.Id, new EntryLocation(segment, entry.Offset), out EntryLocation old))
        {
            // The size of the new entry stands for that of the old one, as in borg: an estimate that costs no read.
            usage.AddFreeable(old.Segment, entry.Size);
            usage.ReleaseUse(old.Segment);
            usage.AddShadow(entry.Id, old.Segment);
        }

        usage.QuotaUse += entry.Size;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ApplyDelete(uint segment, in SegmentEntry entry)
    {
        if (index.Remove(entry.Id, out EntryLocation old) && Exists(old.Segment))
        {
            usage.ReleaseUse(old.Segment);
            usage.AddFreeable(old.Segment, SizeOf(old, entry.Id));
            usage.AddShadow(entry.Id, old.Segment);
        }

        if (context.Format == WriteFormat.Borg10)
        {
            // 1.0 compacts every segment that holds a DELETE, so that none of them outlives what it deletes.
            usage.AddFreeable(segment, entry.Size);
        }
    }

    private bool Exists(uint segment)
    {
        if (!_exists.TryGetValue(segment, out bool exists))
        {
            exists = context.Store.Exists(segment);
            _exists.Add(segment, exists);
        }

        return exists;
    }

    private int SizeOf(EntryLocation location, in ObjectId id)
    {
        try
        {
            return _sizes.Read(location, id);
        }
        catch (IntegrityException error)
        {
            // The entry is superseded anyway; only the estimate of what can be freed suffers.
            context.Services.Notify(NoticeLevel.Warning, $"{error.Message}: the deleted entry cannot be measured.");
            return 0;
        }
    }
}
