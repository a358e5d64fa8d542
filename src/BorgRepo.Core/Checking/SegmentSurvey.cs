using System.Runtime.CompilerServices;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Checking;

/// <summary>
/// Reads the log for a check: counts, reports damage, and hands the valid entries to whoever compares or applies them.
/// </summary>
internal sealed class SegmentSurvey(
    RepositoryServices services, LogComparison? comparison, Func<DamagedRange, ObjectId?> identify, Action<Finding> report, Func<uint, bool> goOn)
    : ISegmentVisitor
{
    private SegmentFile _segment;
    private long _length;
    private DamagedSegment? _damaged;
    private long _entries;
    private long _bytes;
    private long _doneBefore;
    private bool _isCommitted;
    private bool _isContinued;

    /// <summary>Segments with damage.</summary>
    public Dictionary<uint, DamagedSegment> Damaged { get; } = [];

    /// <summary>
    /// For a repair: makes index and hints anew from the same entries, so that a log without damage is read once. Null, also from
    /// the first damage on, when the segments have to be changed before.
    /// </summary>
    public Replay? Rebuilt { get; set; }

    /// <summary>Segments read.</summary>
    public int SegmentCount { get; private set; }

    /// <summary>Valid entries met.</summary>
    public long EntryCount { get; private set; }

    /// <summary>Bytes of the segments read.</summary>
    public long Bytes => _doneBefore;

    /// <summary>Bytes to read in all, for progress.</summary>
    public long TotalBytes { get; init; }

    /// <inheritdoc/>
    public void Begin(SegmentFile segment, long length)
    {
        services.Progress?.Invoke(new OperationProgress("Checking segments", _doneBefore, TotalBytes, $"segment {segment.Number}"));
        _segment = segment;
        _length = length;
        _entries = 0;
        _bytes = 0;
        _isCommitted = false;
        _isContinued = false;
        _damaged = null;
        if (length == 0)
        {
            MarkDamaged();
            report(new Finding(FindingKind.EmptySegment, FindingSeverity.Warning, $"Segment {segment.Number} has no content: it counts as deleted. Repair makes it a valid, empty segment.")
            {
                Segment = segment.Number, Path = segment.Path, IsRepairable = true,
            });
        }

        Rebuilt?.BeginSegment(segment.Number);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Entries(uint segment, ReadOnlySpan<SegmentEntry> entries)
    {
        comparison?.Apply(segment, entries);
        Rebuilt?.Apply(segment, entries);
        foreach (ref readonly SegmentEntry entry in entries)
        {
            _bytes += entry.Size;
            _isContinued |= _isCommitted && entry.Tag != EntryTag.Commit;
            _isCommitted |= entry.Tag == EntryTag.Commit;
        }

        _entries += entries.Length;
        services.Progress?.Invoke(new OperationProgress("Checking segments", _doneBefore + _bytes, TotalBytes, $"segment {segment}"));
    }

    /// <inheritdoc/>
    public void Damage(DamagedRange range)
    {
        MarkDamaged().Ranges.Add(range);
        long lost = range.End - range.Start;
        ObjectId? id = identify(range);
        report(new Finding(
            KindOf(range.Cause.Kind),
            FindingSeverity.Error,
            $"{range.Cause.Reason} [segment {range.Segment}, offset {range.Start}], {lost} bytes are unusable{(id is { } key ? $", object {key} is lost" : string.Empty)}. "
            + (range.IsForeign ? "They belong to borg 2; this segment must not be changed." : "Repair keeps all other entries of the segment."))
        {
            Segment = range.Segment, Offset = range.Start, Id = id, IsRepairable = !range.IsForeign,
        });
    }

    /// <inheritdoc/>
    public bool Complete(SegmentFile segment, long length)
    {
        if (_damaged is { } damaged)
        {
            damaged.KeptEntries = _entries;
            damaged.KeptBytes = _bytes;
            damaged.EndsCommitted = _isCommitted && !_isContinued;
        }

        Rebuilt?.EndSegment(segment.Number, length);
        SegmentCount++;
        EntryCount += _entries;
        _doneBefore += length;
        return goOn(segment.Number);
    }

    private DamagedSegment MarkDamaged()
    {
        if (_damaged is null)
        {
            Rebuilt = null;
            _damaged = new DamagedSegment(_segment, _length);
            Damaged.Add(_segment.Number, _damaged);
        }

        return _damaged;
    }

    private static FindingKind KindOf(IntegrityKind kind) => kind switch
    {
        IntegrityKind.InvalidMagic => FindingKind.InvalidMagic,
        IntegrityKind.ShortHeader => FindingKind.ShortHeader,
        IntegrityKind.SizeTooBig => FindingKind.SizeTooBig,
        IntegrityKind.SizeTooSmall => FindingKind.SizeTooSmall,
        IntegrityKind.SizeMismatch => FindingKind.SizeMismatch,
        IntegrityKind.ShortData => FindingKind.ShortData,
        IntegrityKind.ChecksumMismatch => FindingKind.ChecksumMismatch,
        IntegrityKind.Put2Entry => FindingKind.Put2Entry,
        _ => FindingKind.UnknownTag,
    };
}
