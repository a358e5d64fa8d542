using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Tells the sizes of PUT entries that are superseded. Objects are often replaced or removed in the order in which they were
/// written; then one block answers for the next ones too, where else each costs a call.
/// </summary>
/// <param name="handles">Open segments.</param>
/// <remarks>Not thread-safe. For one transaction or one replay: it relies on bytes that are written once not changing.</remarks>
internal sealed class EntrySizeReader(HandleCache handles)
{
    /// <summary>Entries that are further apart than this are read one by one.</summary>
    private const int NearDistance = 16 * 1024;

    private const int BlockSize = 64 * 1024;

    private AlignedBuffer? _block;
    private uint _segment;
    private long _lastOffset = long.MaxValue;
    private long _start;
    private int _length;

    /// <summary>Size of the whole entry. Reads header and key only; nothing is summed.</summary>
    /// <exception cref="IntegrityException">No PUT of this key is there.</exception>
    /// <exception cref="SegmentMissingException">The segment is not there.</exception>
    public int Read(EntryLocation location, in ObjectId id)
    {
        long distance = location.Segment == _segment ? location.Offset - _lastOffset : -1;
        _segment = location.Segment;
        _lastOffset = location.Offset;
        if (distance >= 0 && IsInBlock(location.Offset))
        {
            return (int)ObjectReader.HeaderOf(_block!.Span.Slice((int)(location.Offset - _start), LogEntry.KeyedHeaderSize), location, id).Size;
        }

        using HandleLease lease = handles.Acquire(location.Segment);
        if (distance is < 0 or >= NearDistance)
        {
            // Somewhere else, or entries too long for two of them to be in one block.
            _length = 0;
            return ObjectReader.ReadSize(lease.File, location, id);
        }

        _block ??= new AlignedBuffer(BlockSize);
        _start = location.Offset;
        _length = lease.File.Read(_block.Span, _start);
        return (int)ObjectReader.HeaderOf(_block.Span[..Math.Min(_length, LogEntry.KeyedHeaderSize)], location, id).Size;
    }

    private bool IsInBlock(long offset) => offset >= _start && offset + LogEntry.KeyedHeaderSize <= _start + _length;
}
