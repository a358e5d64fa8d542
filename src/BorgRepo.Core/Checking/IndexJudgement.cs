using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;

namespace BorgRepo.Core.Checking;

/// <summary>
/// Says what differs between the log and a stored index, after all of the log was read. It keeps three cases apart: an
/// object whose entry is lost, an index entry that is wrong, and a segment file that is missing.
/// </summary>
internal sealed class IndexJudgement(
    HashIndex index, LogComparison comparison, SegmentStore store, Dictionary<uint, DamagedSegment> damaged, Action<Finding> report)
{
    private readonly Dictionary<uint, long?> _lengths = [];
    private readonly Dictionary<uint, int> _missing = [];
    private readonly List<ObjectId> _lost = [];

    /// <summary>Objects that the index has and whose entry is lost.</summary>
    public IReadOnlyList<ObjectId> Lost => _lost;

    /// <summary>Compares in both directions.</summary>
    /// <param name="alreadyReported">Objects that a finding about damage names.</param>
    /// <param name="cancellationToken">Checked now and then.</param>
    public void Run(IReadOnlySet<ObjectId> alreadyReported, CancellationToken cancellationToken)
    {
        if (comparison.IsEqual)
        {
            return;
        }

        using (IndexCursor cursor = index.Enumerate())
        {
            while (cursor.MoveNext(out ObjectId id, out EntryLocation stored))
            {
                if (!comparison.IsMet(id))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    JudgeUnmet(id, stored, alreadyReported);
                }
            }
        }

        foreach ((ObjectId id, EntryLocation found) in comparison.Pending)
        {
            if (!index.Contains(id))
            {
                report(new Finding(
                    FindingKind.IndexEntryMissing,
                    FindingSeverity.Error,
                    $"Object {id} stands in segment {found.Segment} at offset {found.Offset}, but the index does not have it. Repair adds it.")
                {
                    Id = id, Segment = found.Segment, Offset = found.Offset, IsRepairable = true,
                });
            }
        }

        foreach ((uint segment, int count) in _missing.OrderBy(pair => pair.Key))
        {
            report(new Finding(
                FindingKind.MissingSegment,
                FindingSeverity.Error,
                $"Segment {segment} is missing ({store.PathOf(segment)}), and with it {count} objects. If the file can be brought back, do that before a repair.")
            {
                Segment = segment, Path = store.PathOf(segment), IsRepairable = true,
            });
        }
    }

    private void JudgeUnmet(in ObjectId id, EntryLocation stored, IReadOnlySet<ObjectId> alreadyReported)
    {
        bool isDamaged = damaged.TryGetValue(stored.Segment, out DamagedSegment? segment) && segment.IsDamagedAt(stored.Offset);
        bool isMissing = !isDamaged && !Exists(stored.Segment);

        // A file may end between two entries: nothing is damaged then, but what stood behind is gone all the same.
        bool isCutOff = !isDamaged && !isMissing && stored.Offset >= LengthOf(stored.Segment);
        if (isMissing)
        {
            _missing[stored.Segment] = _missing.GetValueOrDefault(stored.Segment) + 1;
        }

        // A PUT behind the place in the index is the newest one all the same: then only the index is wrong.
        bool hasOther = comparison.Pending.TryGetValue(id, out EntryLocation found);
        bool hasNewer = hasOther && stored.IsBefore(found);
        if ((isMissing || isDamaged || isCutOff) && !hasNewer)
        {
            _lost.Add(id);
            if (!alreadyReported.Contains(id))
            {
                report(new Finding(
                    FindingKind.ObjectLost,
                    FindingSeverity.Error,
                    $"Object {id} is lost: its entry in segment {stored.Segment} at offset {stored.Offset} is {(isMissing ? "missing with its segment" : isCutOff ? "behind the end of the file" : "damaged")}."
                    + (hasOther ? $" A repair brings its older value back, from segment {found.Segment}." : string.Empty))
                {
                    Id = id, Segment = stored.Segment, Offset = stored.Offset, IsRepairable = true,
                });
            }
        }
        else if (hasOther)
        {
            report(new Finding(
                FindingKind.IndexEntryMismatch,
                FindingSeverity.Error,
                $"The index has object {id} in segment {stored.Segment} at offset {stored.Offset}, the log in segment {found.Segment} at offset {found.Offset}. Repair sets the index right.")
            {
                Id = id, Segment = stored.Segment, Offset = stored.Offset, IsRepairable = true,
            });
        }
        else
        {
            report(new Finding(
                FindingKind.IndexEntrySuperfluous,
                FindingSeverity.Error,
                $"The index has object {id} in segment {stored.Segment} at offset {stored.Offset}, but the log does not have it. Repair sets the index right.")
            {
                Id = id, Segment = stored.Segment, Offset = stored.Offset, IsRepairable = true,
            });
        }
    }

    private bool Exists(uint segment) => LengthOf(segment) is not null;

    /// <summary>Length of a segment's file; null if there is none.</summary>
    private long? LengthOf(uint segment)
    {
        if (!_lengths.TryGetValue(segment, out long? length))
        {
            length = store.Exists(segment) ? store.GetLength(segment) : null;
            _lengths.Add(segment, length);
        }

        return length;
    }
}
