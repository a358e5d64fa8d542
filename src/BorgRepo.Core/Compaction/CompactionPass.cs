using System.Collections;
using System.Runtime.CompilerServices;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Compaction;

/// <summary>
/// The rules of compaction, for planning and for doing (docs/format.md, "Compaction").
/// 1. Count the use of each segment anew from the index: no decision to remove rests on hints.
/// 2. For each candidate in ascending order: verify all its entries. A damaged segment is kept, and so is one to which the
///    index points where no such entry is; nothing else is done with these, not even in usage.
/// 3. Copy its current PUTs and those DELETEs that must stay; drop the rest. If this second reading finds other entries than
///    the verified one, stop: nothing is removed.
/// 4. Before a copy would begin a new segment: commit, then remove the sources that are complete so far.
/// 5. At the end commit, remove the rest, make the removals durable.
/// A DELETE stays while an older segment holds, or may hold, a PUT of its key, and while it is newer than the saved index:
/// a crash may undo removals in any order, and a later rebuild of the index would find the old PUT again. For the same
/// reason a segment with a DELETE that was dropped is removed only after the removals before it are durable.
/// </summary>
internal sealed class CompactionPass(
    LogContext context,
    HashIndex index,
    SegmentUsage usage,
    uint? diskTransactionId,
    uint? lastSegment,
    ICompactionTarget target,
    CompactionOptions options)
{
    /// <summary>How many entries ahead the index is asked for: enough for its memory to answer meanwhile.</summary>
    private const int Lookahead = 16;

    private readonly List<CompactedSegment> _done = [];
    private readonly List<CompactedSegment> _unused = [];
    private readonly HashSet<uint> _withoutDeletes = [];
    private readonly bool _isBorg10 = context.Format == WriteFormat.Borg10;
    private readonly SegmentEntry[] _ahead = new SegmentEntry[Lookahead];
    private readonly BitArray _isCurrent = new(4096);
    private ulong _entries;
    private bool _isCommitDue;
    private bool _hasKept;

    /// <summary>Last segment that carries a COMMIT of this pass; null if it wrote none.</summary>
    public uint? LastCommit { get; private set; }

    /// <summary>Runs.</summary>
    /// <returns>What happens to each segment considered.</returns>
    /// <exception cref="OperationCanceledException">What was committed so far holds, the rest is an aborted transaction.</exception>
    public IReadOnlyList<CompactedSegment> Run(CancellationToken cancellationToken)
    {
        UsageAudit.Recount(usage, index);
        List<CompactedSegment> candidates = new CandidateSelection(context, index, usage, diskTransactionId, lastSegment, options).Select(_done, cancellationToken);
        if (candidates.Count == 0)
        {
            return Sorted();
        }

        if (!_isBorg10)
        {
            new ShadowAudit(context, index, usage, diskTransactionId).Complete(candidates, cancellationToken);
        }

        long total = candidates.Sum(candidate => candidate.FileBytes);
        long done = 0;
        foreach (CompactedSegment candidate in candidates)
        {
            cancellationToken.ThrowIfCancellationRequested();
            context.Services.Progress?.Invoke(new OperationProgress(target.Activity, done, total, $"segment {candidate.Segment}"));
            Process(candidate, cancellationToken);
            done += candidate.FileBytes;
        }

        if (_isCommitDue)
        {
            Transfer(intermediate: false);
            target.FinishRemovals();
        }

        return Sorted();
    }

    private CompactedSegment[] Sorted() => [.. _done.OrderBy(segment => segment.Segment)];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Process(CompactedSegment candidate, CancellationToken cancellationToken)
    {
        uint segment = candidate.Segment;
        if (FindObstacle(candidate, cancellationToken) is { } kept)
        {
            context.Services.Notify(NoticeLevel.Warning, $"{kept.Detail}: segment {segment} is not compacted. Check the repository.");
            _hasKept = true;
            _done.Add(kept);
            return;
        }

        usage.Track(segment);
        long copied = 0;
        int number = 0;
        ulong entries = 0;
        // Verified just now: of what is not copied the headers will do.
        using (SegmentReader reader = context.Store.OpenReader(segment, SegmentReadMode.Headers))
        {
            while (reader.TryRead(out SegmentEntry entry))
            {
                cancellationToken.ThrowIfCancellationRequested();
                bool isCopied = entry.Tag switch
                {
                    EntryTag.Put => ProcessPut(reader, entry, number < _isCurrent.Length && _isCurrent[number]),
                    EntryTag.Delete => ProcessDelete(reader, entry),
                    _ => false,
                };
                copied += isCopied ? entry.Size : 0;
                entries = Mix(entries, entry);
                number++;
            }
        }

        if (entries != _entries || usage.GetUseCount(segment) != 0)
        {
            // It is about to be removed. What was misread now would be lost, or would come back for want of its DELETE.
            throw new IOException($"Segment {segment} reads differently from a moment ago: it was not compacted. Check the disk, then the repository.");
        }

        _isCommitDue = true;
        _unused.Add(candidate with { Action = copied > 0 ? CompactionAction.Rewrite : CompactionAction.Remove, CopiedBytes = copied });
    }

    /// <summary>Reads all of a candidate before anything is done with it.</summary>
    /// <returns>Null if it may go, else why it stays.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private CompactedSegment? FindObstacle(CompactedSegment candidate, CancellationToken cancellationToken)
    {
        long current = 0;
        long newer = 0;
        int number = 0;
        _entries = 0;
        _isCurrent.SetAll(false);
        void Look(int at)
        {
            ref readonly SegmentEntry entry = ref _ahead[at % Lookahead];
            if (entry.Tag == EntryTag.Put && index.TryGet(entry.Id, out EntryLocation location))
            {
                EntryLocation here = new(candidate.Segment, entry.Offset);
                current += location == here ? 1 : 0;
                newer += location.IsBefore(here) ? 1 : 0;
                _isCurrent[at] = location == here;
            }
        }

        try
        {
            using SegmentReader reader = context.Store.OpenReader(candidate.Segment, SegmentReadMode.Verify);
            for (; reader.TryRead(out SegmentEntry entry); number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                index.Prefetch(entry.Id);
                if (number >= Lookahead)
                {
                    Look(number - Lookahead);
                }

                _entries = Mix(_entries, entry);
                _ahead[number % Lookahead] = entry;
                if (number == _isCurrent.Length)
                {
                    _isCurrent.Length *= 2;
                }
            }
        }
        catch (IntegrityException damage)
        {
            return candidate with { Action = CompactionAction.Keep, Reason = CompactionReason.Damaged, Detail = damage.Message };
        }

        for (int at = Math.Max(0, number - Lookahead); at < number; at++)
        {
            Look(at);
        }

        // A superseded PUT is older than the place in the index. A newer one means that the index is wrong, and that this may
        // be the only good entry of the object.
        long lost = usage.GetUseCount(candidate.Segment) - current;
        string detail = lost != 0 ? $"The index has {lost} objects in segment {candidate.Segment} that are not where it says"
            : newer != 0 ? $"The index has {newer} objects of segment {candidate.Segment} in older places"
            : string.Empty;
        return detail.Length == 0 ? null : candidate with { Action = CompactionAction.Keep, Reason = CompactionReason.StillReferenced, Detail = detail };
    }

    /// <summary>Goes on with a sum over what kind of entries stand where, so that two readings can be compared.</summary>
    private static ulong Mix(ulong sum, in SegmentEntry entry) => unchecked(
        (sum ^ (uint)entry.Id.GetHashCode() ^ ((ulong)entry.Offset << 32) ^ (uint)entry.Tag) * 0x9E37_79B9_7F4A_7C15UL);

    private bool IsCurrent(uint segment, in SegmentEntry entry) =>
        index.TryGet(entry.Id, out EntryLocation location) && location == new EntryLocation(segment, entry.Offset);

    private bool ProcessPut(SegmentReader reader, in SegmentEntry entry, bool wasCurrent)
    {
        // Superseded ones were looked up once; of the others the copy needs the place in the index anyway.
        uint segment = reader.Segment;
        if (wasCurrent && IsCurrent(segment, entry))
        {
            uint copy = Copy(reader, entry);
            usage.Track(copy);
            usage.AddUse(copy);
            usage.ReleaseUse(segment);
            return true;
        }

        usage.RemoveShadow(entry.Id, segment);
        usage.QuotaUse -= entry.Size;
        return false;
    }

    private bool ProcessDelete(SegmentReader reader, in SegmentEntry entry)
    {
        uint segment = reader.Segment;
        bool isNewerThanIndex = diskTransactionId is not { } saved || segment > saved;
        if (!IsDeleteNeeded(entry, segment, isNewerThanIndex))
        {
            if (!_isBorg10 && usage.TryGetShadow(entry.Id, out ShadowedPuts rest) && rest.IsEmpty && !index.Contains(entry.Id))
            {
                usage.ForgetShadow(entry.Id);
            }

            if (!index.Contains(entry.Id))
            {
                _withoutDeletes.Add(segment);
            }

            return false;
        }

        uint copy = Copy(reader, entry);
        usage.AddFreeable(copy, entry.Size);
        usage.Track(copy);
        return true;
    }

    private bool IsDeleteNeeded(in SegmentEntry entry, uint segment, bool isNewerThanIndex)
    {
        ObjectId id = entry.Id;
        if (index.TryGet(id, out EntryLocation location))
        {
            // A later PUT defines the key. 1.0 moves a new DELETE all the same. That is safe only if the PUT is copied after it:
            // behind a PUT that stays where it is, the DELETE would take the object away at the next rebuild of the index.
            return _isBorg10 && isNewerThanIndex && location.Segment == segment && location.Offset > entry.Offset;
        }

        if (_isBorg10)
        {
            // Every segment with a superseded PUT is marked and processed in the same run, so age alone decides, unless one
            // of them had to be kept.
            return isNewerThanIndex || _hasKept;
        }

        // Not knowing the key means that an older PUT may be anywhere.
        return isNewerThanIndex || !usage.TryGetShadow(id, out ShadowedPuts older) || older.AnyBelow(segment);
    }

    private uint Copy(SegmentReader reader, in SegmentEntry entry)
    {
        if (target.WouldRoll(entry.Id) && (!_isBorg10 || options.SaveSpace))
        {
            Transfer(intermediate: true);
        }

        _isCommitDue = true;
        return target.Copy(reader, entry);
    }

    private void Transfer(bool intermediate)
    {
        uint commit = target.Commit(intermediate);
        LastCommit = commit;
        _isCommitDue = false;
        if (!_isBorg10)
        {
            usage.Track(commit);
            usage.AddFreeable(commit, LogEntry.CommitSize);
        }

        foreach (CompactedSegment unused in _unused)
        {
            if (_withoutDeletes.Contains(unused.Segment))
            {
                target.MakeRemovalsDurable();
            }

            target.Remove(unused.Segment);
            usage.Forget(unused.Segment);
            _done.Add(unused);
        }

        _unused.Clear();
    }
}
