using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Reads one PUT entry by its location. Checks in this order: header there, size within 41 bytes and 20 MiB, data there,
/// checksum, tag, key. A wrong key with a right checksum means that the index is wrong, not the segment.
/// </summary>
public static class ObjectReader
{
    /// <summary>Reads and checks a whole entry; its value is then in the buffer.</summary>
    public static void Read(IFile file, EntryLocation location, in ObjectId id, ObjectBuffer buffer)
    {
        int asked = buffer.Guess;
        buffer.EnsureLength(asked, 0);
        int got = file.Read(buffer.Bytes[..asked], location.Offset);
        EntryHeader header = CheckHeader(buffer.Bytes[..got], location, id);
        int size = (int)header.Size;
        if (size > got)
        {
            // The length is asked for before memory is taken: a damaged size must not cost 20 MiB.
            long left = file.Length - location.Offset;
            if (left >= size)
            {
                buffer.EnsureLength(size, got);
                got += file.Read(buffer.Bytes[got..size], location.Offset + got);
                left = got;
            }

            if (left < size)
            {
                throw EntryFault.ShortData(location.Segment, location.Offset, size - LogEntry.KeyedHeaderSize, left - LogEntry.KeyedHeaderSize, id);
            }
        }

        CheckBytes(buffer.Bytes[..size], header, location, id);
        buffer.SetValue(LogEntry.KeyedHeaderSize, size - LogEntry.KeyedHeaderSize);
    }

    /// <summary>Checks a whole entry that is in memory.</summary>
    public static void CheckBytes(ReadOnlySpan<byte> entry, in EntryHeader header, EntryLocation location, in ObjectId id)
    {
        if (Checksum.Of(entry[4..]) != header.Crc)
        {
            throw EntryFault.FromHeader(IntegrityKind.ChecksumMismatch, header, location.Segment, location.Offset, id);
        }

        CheckTagAndKey(entry, header, location, id);
    }

    /// <summary>Reads header and key only and gives the size of the whole entry. Nothing is summed.</summary>
    public static int ReadSize(IFile file, EntryLocation location, in ObjectId id) => (int)ReadHeader(file, location, id).Size;

    /// <summary>Reads header and key only. Nothing is summed: what the header says of the value may not be so.</summary>
    public static EntryHeader ReadHeader(IFile file, EntryLocation location, in ObjectId id)
    {
        Span<byte> bytes = stackalloc byte[LogEntry.KeyedHeaderSize];
        return HeaderOf(bytes[..file.Read(bytes, location.Offset)], location, id);
    }

    /// <summary>The header in the first bytes of an entry, which have to be header and key of this PUT.</summary>
    public static EntryHeader HeaderOf(ReadOnlySpan<byte> bytes, EntryLocation location, in ObjectId id)
    {
        EntryHeader header = CheckHeader(bytes, location, id);
        CheckTagAndKey(bytes, header, location, id);
        return header;
    }

    /// <summary>Checks that the first bytes of an entry are a header of possible size.</summary>
    public static EntryHeader CheckHeader(ReadOnlySpan<byte> bytes, EntryLocation location, in ObjectId id)
    {
        if (bytes.Length < LogEntry.KeyedHeaderSize)
        {
            throw EntryFault.ShortHeader(location.Segment, location.Offset, LogEntry.KeyedHeaderSize, bytes.Length, id);
        }

        EntryHeader header = EntryHeader.Read(bytes);
        return header.CheckSize(LogEntry.KeyedHeaderSize) is { } kind
            ? throw EntryFault.FromHeader(kind, header, location.Segment, location.Offset, id)
            : header;
    }

    private static void CheckTagAndKey(ReadOnlySpan<byte> entry, in EntryHeader header, EntryLocation location, in ObjectId id)
    {
        if (header.Tag != EntryTag.Put)
        {
            IntegrityKind kind = header.Tag == EntryTag.Put2 ? IntegrityKind.Put2Entry : IntegrityKind.NotAPut;
            throw EntryFault.FromHeader(kind, header, location.Segment, location.Offset, id);
        }

        if (new ObjectId(entry.Slice(LogEntry.HeaderSize, ObjectId.Length)) != id)
        {
            throw EntryFault.FromHeader(IntegrityKind.WrongKey, header, location.Segment, location.Offset, id);
        }
    }
}
