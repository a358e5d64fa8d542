using System.Runtime.CompilerServices;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Reads a segment from its magic to its end and believes nothing. Order of the checks for each entry, so that no byte
/// is read or allocated by an unchecked size:
/// 1. exactly at the end of the file: done; 1 to 8 bytes left: short header;
/// 2. size above 20 MiB or below 9;
/// 3. fewer bytes left than the size says;
/// 4. checksum (for tag 3 also by the rule of PUT2, so that a borg 2 entry is named and not called damage);
/// 5. tag, and size against tag.
/// </summary>
/// <remarks>Not thread-safe. Memory: one block; when entries are loaded, at least the largest of them.</remarks>
public sealed class SegmentReader : IDisposable
{
    private const int BlockSize = 256 * 1024;
    private const int HeadersBlockSize = 32 * 1024;
    private const int LongEntry = 4 * 1024;
    private const int HeaderRead = 64;
    private const int Put2SummedEnd = LogEntry.KeyedHeaderSize + 8;

    private readonly IFile _file;
    private readonly SegmentReadMode _mode;
    private AlignedBuffer _block;
    private long _blockStart;
    private int _blockLength;
    private long _next;
    private int _lastSize;

    private SegmentReader(IFile file, uint segment, SegmentReadMode mode)
    {
        _file = file;
        _mode = mode;
        Segment = segment;
        Length = file.Length;
        _block = new AlignedBuffer(mode == SegmentReadMode.Headers ? HeadersBlockSize : BlockSize);
    }

    /// <summary>Number of the segment.</summary>
    public uint Segment { get; }

    /// <summary>Length of the file in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Offset of the next entry.</summary>
    public long Position => _next;

    /// <summary>Opens a segment and checks its magic.</summary>
    /// <exception cref="IntegrityException">The magic is wrong, or the file is too short to have one.</exception>
    /// <exception cref="SegmentMissingException">There is no such file.</exception>
    public static SegmentReader Open(IFileSystem fileSystem, SegmentFile segment, SegmentReadMode mode)
    {
        IFile file;
        try
        {
            file = fileSystem.Open(segment.Path, FileOpenKind.Read);
        }
        catch (IOException error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SegmentMissingException(segment.Number, segment.Path);
        }

        SegmentReader? reader = null;
        try
        {
            reader = new SegmentReader(file, segment.Number, mode);
            if (!reader.Fill(0, LogEntry.MagicSize) || !reader._block.Span[..LogEntry.MagicSize].SequenceEqual(LogEntry.Magic))
            {
                throw EntryFault.InvalidMagic(segment.Number);
            }

            reader._next = LogEntry.MagicSize;
            return reader;
        }
        catch
        {
            reader?._block.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Goes on at another offset, which must be that of an entry.</summary>
    public void Seek(long offset) => _next = offset;

    /// <summary>Reads and checks the next entry.</summary>
    /// <returns>False at the clean end of the segment.</returns>
    /// <exception cref="IntegrityException">The entry at <see cref="Position"/> is damaged; reading on is not possible.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryRead(out SegmentEntry entry)
    {
        long offset = _next;
        long left = Length - offset;
        entry = default;
        if (left <= 0)
        {
            return false;
        }

        if (left < LogEntry.HeaderSize || !Fill(offset, LogEntry.HeaderSize))
        {
            throw EntryFault.ShortHeader(Segment, offset, LogEntry.HeaderSize, left);
        }

        EntryHeader header = EntryHeader.Read(_block.Span[(int)(offset - _blockStart)..]);
        if (header.CheckSize(LogEntry.HeaderSize) is { } badSize)
        {
            throw EntryFault.FromHeader(badSize, header, Segment, offset);
        }

        if (header.Size > left)
        {
            throw EntryFault.ShortData(Segment, offset, header.Size - LogEntry.HeaderSize, left - LogEntry.HeaderSize);
        }

        int size = (int)header.Size;
        ObjectId id = default;
        int keyed = Math.Min(size, LogEntry.KeyedHeaderSize);
        if (_mode == SegmentReadMode.Headers)
        {
            Require(offset, keyed, size);
        }
        else
        {
            Verify(offset, header, size);
        }

        if (header.CheckTag() is { } badTag)
        {
            throw EntryFault.FromHeader(badTag, header, Segment, offset);
        }

        if (header.Tag != EntryTag.Commit)
        {
            // After the sum of a large entry its key is no longer in the block.
            Require(offset, keyed, size);
            id = new ObjectId(_block.Span.Slice((int)(offset - _blockStart) + LogEntry.HeaderSize, ObjectId.Length));
        }

        _lastSize = size;
        _next = offset + size;
        entry = new SegmentEntry(header.Tag, (uint)offset, size, id);
        return true;
    }

    /// <summary>All bytes of the entry that was read last, verified; valid until the next read.</summary>
    /// <exception cref="IntegrityException">They are not what the checksum says.</exception>
    public ReadOnlySpan<byte> Load(in SegmentEntry entry)
    {
        if (entry.Size > _block.Length)
        {
            Grow(entry.Size + HeaderRead);
        }

        Require(entry.Offset, entry.Size, entry.Size);
        ReadOnlySpan<byte> bytes = _block.Span.Slice((int)(entry.Offset - _blockStart), entry.Size);
        EntryHeader header = EntryHeader.Read(bytes);
        return Checksum.Of(bytes[4..]) == header.Crc
            ? bytes
            : throw EntryFault.FromHeader(IntegrityKind.ChecksumMismatch, header, Segment, entry.Offset);
    }

    /// <summary>Closes the file and frees the block.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _block.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Verify(long offset, in EntryHeader header, int size)
    {
        uint crc;
        if (size <= _block.Length)
        {
            Require(offset, size, size);
            ReadOnlySpan<byte> bytes = _block.Span.Slice((int)(offset - _blockStart), size);
            crc = Checksum.Of(bytes[4..]);
            if (crc != header.Crc && header.Tag == EntryTag.Put2 && size >= Put2SummedEnd
                && Checksum.Of(bytes[4..Put2SummedEnd]) == header.Crc)
            {
                throw EntryFault.FromHeader(IntegrityKind.Put2Entry, header, Segment, offset);
            }
        }
        else
        {
            crc = SumInPieces(offset, header, size);
        }

        if (crc != header.Crc)
        {
            throw EntryFault.FromHeader(IntegrityKind.ChecksumMismatch, header, Segment, offset);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private uint SumInPieces(long offset, in EntryHeader header, int size)
    {
        Checksum crc = new();
        long end = offset + size;
        long at = offset + 4;
        while (at < end)
        {
            int piece = (int)Math.Min(end - at, _block.Length);
            Require(at, piece, size, offset);
            crc.Append(_block.Span.Slice((int)(at - _blockStart), piece));
            if (at == offset + 4 && header.Tag == EntryTag.Put2
                && Checksum.Of(_block.Span.Slice((int)(at - _blockStart), Put2SummedEnd - 4)) == header.Crc)
            {
                throw EntryFault.FromHeader(IntegrityKind.Put2Entry, header, Segment, offset);
            }

            at += piece;
        }

        return crc.Value;
    }

    // The length was checked against the file's, so a failure here means that the file shrank meanwhile.
    private void Require(long offset, int count, int size, long? entryOffset = null)
    {
        if (!Fill(offset, count))
        {
            long start = entryOffset ?? offset;
            long got = Math.Max(0, _blockStart + _blockLength - start - LogEntry.HeaderSize);
            throw EntryFault.ShortData(Segment, start, size - LogEntry.HeaderSize, got);
        }
    }

    /// <summary>Makes bytes available in the block, keeping those that are there already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Fill(long offset, int count)
    {
        long blockEnd = _blockStart + _blockLength;
        if (offset >= _blockStart && offset + count <= blockEnd)
        {
            return true;
        }

        int kept = offset >= _blockStart && offset < blockEnd ? (int)(blockEnd - offset) : 0;
        if (kept > 0)
        {
            _block.Span.Slice((int)(offset - _blockStart), kept).CopyTo(_block.Span);
        }

        _blockStart = offset;

        // Of long entries no second one begins in a block that is read for the first.
        int room = _block.Length - kept;
        int wanted = _mode == SegmentReadMode.Headers && _lastSize > LongEntry ? Math.Min(count - kept + HeaderRead, room) : room;
        _blockLength = kept + _file.Read(_block.Span.Slice(kept, wanted), offset + kept);
        if (_blockLength < Math.Min(kept + wanted, Length - offset))
        {
            // Not damage, and not to be taken for it: a COMMIT that cannot be read is not a COMMIT that is not there.
            throw new IOException($"Segment {Segment} gave fewer bytes than it has: {_blockStart + _blockLength} of {Length}.");
        }

        return _blockLength >= count;
    }

    private void Grow(int size)
    {
        AlignedBuffer larger = new(size);
        _block.Span[.._blockLength].CopyTo(larger.Span);
        _block.Dispose();
        _block = larger;
    }
}
