using System.Runtime.CompilerServices;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Finds every valid entry of a damaged segment.
/// 1. At the place where an entry should begin: if it is valid, keep it and go on behind it.
/// 2. Else that is the start of damage. Its header may still tell where it ends: if a valid entry, or the end of the file,
///    is exactly there, what lies between is the damaged entry's own content, and is only searched for entries that the
///    index knows. A value may hold pieces of another repository, which must not come to life here.
/// 3. Otherwise try every offset after it, rejecting by size and tag before any checksum.
/// What was summed in vain is counted: when that comes to a quarter of the file, checksums come from <see cref="PrefixSums"/>,
/// so that time is bounded whatever the bytes are.
/// </summary>
/// <remarks>Not thread-safe. Memory: two blocks, and 4 bytes for each KiB of the file.</remarks>
public sealed class SegmentSalvage : IDisposable
{
    private const int BlockSize = 256 * 1024;
    private const int Put2SummedSize = 45;

    private readonly IFile _file;
    private readonly uint _segment;
    private readonly long _length;
    private readonly AlignedBuffer _block = new(BlockSize);
    private readonly Func<ObjectId, uint, bool> _isKnown;
    private PrefixSums? _sums;
    private long _patience;
    private CancellationToken _stop;
    private long _known = -1;
    private long _blockStart;
    private int _blockLength;

    /// <summary>Opens a segment.</summary>
    /// <param name="fileSystem">Where it is.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="isKnown">True if an entry of this key is expected at this offset of the segment.</param>
    public SegmentSalvage(IFileSystem fileSystem, SegmentFile segment, Func<ObjectId, uint, bool> isKnown)
    {
        _file = fileSystem.Open(segment.Path, FileOpenKind.Read);
        _segment = segment.Number;
        _length = _file.Length;
        _patience = Math.Max(_length / 4, BlockSize);
        _isKnown = isKnown;
    }

    /// <summary>Reports entries and damage in the order of the file.</summary>
    /// <param name="start">Where to begin: the offset of an entry, or 0 for the magic.</param>
    /// <param name="kept">Receives each valid entry.</param>
    /// <param name="damaged">Receives each damaged range.</param>
    /// <param name="cancellationToken">Checked in each block.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(long start, Action<SegmentEntry> kept, Action<DamagedRange> damaged, CancellationToken cancellationToken)
    {
        _stop = cancellationToken;
        long at = start;
        if (at == 0)
        {
            at = Math.Min(LogEntry.MagicSize, _length);
            if (!HasMagic())
            {
                damaged(new DamagedRange(_segment, 0, at, EntryFault.InvalidMagic(_segment)));
            }
        }

        while (at < _length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Judge(at, out SegmentEntry entry, out EntryHeader header) is not { } kind)
            {
                kept(entry);
                at += entry.Size;
                continue;
            }

            long end = FindNext(at, header, cancellationToken);
            damaged(new DamagedRange(_segment, at, end, Fault(kind, at, header)) { IsForeign = kind == IntegrityKind.Put2Entry, Key = KeyAt(at) });
            at = end;
        }
    }

    /// <summary>Copies an entry's bytes to another file.</summary>
    public void CopyTo(IFile target, long targetOffset, in SegmentEntry entry)
    {
        int left = entry.Size;
        long from = entry.Offset;
        while (left > 0)
        {
            int piece = Math.Min(left, BlockSize);
            Fill(from, piece);
            target.Write(_block.Span.Slice((int)(from - _blockStart), piece), targetOffset);
            from += piece;
            targetOffset += piece;
            left -= piece;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _block.Dispose();
    }

    private bool HasMagic() => Fill(0, LogEntry.MagicSize) && _block.Span[..LogEntry.MagicSize].SequenceEqual(LogEntry.Magic);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long FindNext(long damage, in EntryHeader header, CancellationToken cancellationToken)
    {
        long claimedEnd = damage + header.Size;
        bool endsWell = header.CheckSize(LogEntry.HeaderSize) is null && claimedEnd <= _length
            && (claimedEnd == _length || Judge(claimedEnd, out _, out _) is null);

        // What was found behind an earlier damage is not searched for again: many damaged headers that claim the same
        // megabytes must not cost a search of those for each.
        endsWell &= _known <= damage || _known >= claimedEnd;
        long limit = endsWell ? claimedEnd : _length;
        long first = -1;
        for (long at = FindCandidate(damage + 1, limit, cancellationToken); at < limit; at = FindCandidate(at, limit, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Judge(at, out SegmentEntry entry, out _) is not null)
            {
                at++;
                continue;
            }

            first = first < 0 ? at : first;
            if (!endsWell)
            {
                return first;
            }

            if (entry.Tag == EntryTag.Put && _isKnown(entry.Id, entry.Offset))
            {
                _known = at;
                return first;
            }

            at += entry.Size;
        }

        return limit;
    }

    /// <summary>The next offset that could be that of an entry by size and tag: no allocation, no checksum, as it looks at every byte of noise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long FindCandidate(long from, long limit, CancellationToken cancellationToken)
    {
        long at = from;
        while (at < limit && Fill(at, LogEntry.HeaderSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> bytes = _block.Span[(int)(at - _blockStart).._blockLength];
            int count = (int)Math.Min(bytes.Length - LogEntry.HeaderSize + 1, limit - at);
            for (int i = 0; i < count; i++)
            {
                if (bytes[i + LogEntry.HeaderSize - 1] <= (byte)EntryTag.Commit)
                {
                    EntryHeader header = EntryHeader.Read(bytes[i..]);
                    if (header.CheckSize(LogEntry.HeaderSize) is null && header.CheckTag() is null && at + i + header.Size <= _length)
                    {
                        return at + i;
                    }
                }
            }

            at += count;
        }

        return limit;
    }

    /// <summary>What is wrong with an entry; null if nothing is. Makes no exception: it runs for each candidate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private IntegrityKind? Judge(long at, out SegmentEntry entry, out EntryHeader header)
    {
        entry = default;
        header = default;
        long left = _length - at;
        if (left < LogEntry.HeaderSize || !Fill(at, LogEntry.HeaderSize))
        {
            return IntegrityKind.ShortHeader;
        }

        header = EntryHeader.Read(_block.Span[(int)(at - _blockStart)..]);
        if (header.CheckSize(LogEntry.HeaderSize) is { } badSize)
        {
            return badSize;
        }

        if (header.Size > left)
        {
            return IntegrityKind.ShortData;
        }

        int size = (int)header.Size;
        if (Sum(at + 4, size - 4) != header.Crc)
        {
            _patience -= size;
            return IsPut2(at, header) ? IntegrityKind.Put2Entry : IntegrityKind.ChecksumMismatch;
        }

        if (header.CheckTag() is { } badTag)
        {
            return badTag;
        }

        ObjectId id = default;
        if (header.Tag != EntryTag.Commit)
        {
            Fill(at, LogEntry.KeyedHeaderSize);
            id = new ObjectId(_block.Span.Slice((int)(at - _blockStart) + LogEntry.HeaderSize, ObjectId.Length));
        }

        entry = new SegmentEntry(header.Tag, (uint)at, size, id);
        return null;
    }

    private IntegrityException Fault(IntegrityKind kind, long at, in EntryHeader header) => kind switch
    {
        IntegrityKind.ShortHeader => EntryFault.ShortHeader(_segment, at, LogEntry.HeaderSize, _length - at),
        IntegrityKind.ShortData => EntryFault.ShortData(_segment, at, header.Size - LogEntry.HeaderSize, _length - at - LogEntry.HeaderSize),
        _ => EntryFault.FromHeader(kind, header, _segment, at),
    };

    private ObjectId? KeyAt(long at) => at + LogEntry.KeyedHeaderSize <= _length && Fill(at, LogEntry.KeyedHeaderSize)
        ? new ObjectId(_block.Span.Slice((int)(at - _blockStart) + LogEntry.HeaderSize, ObjectId.Length))
        : null;

    private bool IsPut2(long at, in EntryHeader header) => header.Tag == EntryTag.Put2
        && at + 4 + Put2SummedSize <= _length
        && Sum(at + 4, Put2SummedSize) == header.Crc;

    private uint Sum(long start, int length)
    {
        if (length > _patience && length > LogEntry.KeyedHeaderSize)
        {
            _sums ??= new PrefixSums(_file, _length, _stop);
            return _sums.Sum(start, length);
        }

        if (length <= BlockSize && Fill(start, length))
        {
            return Checksum.Of(_block.Span.Slice((int)(start - _blockStart), length));
        }

        Checksum crc = new();
        for (int done = 0; done < length;)
        {
            int piece = Math.Min(length - done, BlockSize);
            Fill(start + done, piece);
            crc.Append(_block.Span.Slice((int)(start + done - _blockStart), piece));
            done += piece;
        }

        return crc.Value;
    }

    private bool Fill(long offset, int count)
    {
        if (offset < _blockStart || offset + count > _blockStart + _blockLength)
        {
            _blockStart = offset;
            _blockLength = _file.Read(_block.Span, offset);
        }

        return _blockLength >= count;
    }
}
