using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Compaction;

/// <summary>Calculates what a compaction would write and remove, byte for byte, and does nothing.</summary>
internal sealed class PlannedTarget(LogContext context, uint firstSegment) : ICompactionTarget
{
    private uint _segment = firstSegment;
    private long _offset;

    /// <inheritdoc/>
    public string Activity => "Planning a compaction";

    /// <summary>Bytes of new segment files.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Bytes of removed segment files.</summary>
    public long BytesRemoved { get; private set; }

    /// <inheritdoc/>
    public bool WouldRoll(in ObjectId id) => SegmentRoll.IsDue(context.Format, context.MaxSegmentSize, _offset, id);

    /// <inheritdoc/>
    public uint Copy(SegmentReader source, in SegmentEntry entry)
    {
        if (WouldRoll(entry.Id))
        {
            Close();
        }

        Append(entry.Size);
        return _segment;
    }

    /// <inheritdoc/>
    public uint Commit(bool intermediate)
    {
        if (!intermediate && context.Format == WriteFormat.Borg14)
        {
            Close();
        }

        Append(LogEntry.CommitSize);
        uint carrier = _segment;
        Close();
        return carrier;
    }

    /// <inheritdoc/>
    public void Remove(uint segment) => BytesRemoved += context.Store.GetLength(segment);

    /// <inheritdoc/>
    public void MakeRemovalsDurable()
    {
    }

    /// <inheritdoc/>
    public void FinishRemovals()
    {
    }

    private void Append(int size)
    {
        if (_offset == 0)
        {
            _offset = LogEntry.MagicSize;
            BytesWritten += LogEntry.MagicSize;
        }

        _offset += size;
        BytesWritten += size;
    }

    private void Close()
    {
        if (_offset > 0)
        {
            _offset = 0;
            _segment++;
        }
    }
}
