using System.Buffers.Binary;

namespace BorgRepo.Core.Format;

/// <summary>
/// Layout of a log entry: crc u32, size u32, tag u8, then for PUT and DELETE a 32-byte key, then for PUT the value.
/// All integers are unsigned little endian; crc covers everything after itself; size counts the whole entry
/// (docs/format.md, "Log entries").
/// </summary>
public static class LogEntry
{
    /// <summary>Bytes of crc, size and tag.</summary>
    public const int HeaderSize = 9;

    /// <summary>Bytes of the header with the key: a DELETE, and the shortest PUT.</summary>
    public const int KeyedHeaderSize = HeaderSize + ObjectId.Length;

    /// <summary>Bytes of a COMMIT.</summary>
    public const int CommitSize = HeaderSize;

    /// <summary>Most bytes of an entry, 20 MiB.</summary>
    public const int MaxEntrySize = 20 * 1024 * 1024;

    /// <summary>Most bytes of a value.</summary>
    public const int MaxValueSize = MaxEntrySize - KeyedHeaderSize;

    /// <summary>Bytes of the magic at the start of a segment, and so the offset of its first entry.</summary>
    public const int MagicSize = 8;

    /// <summary>Bytes of a segment that has nothing but a COMMIT.</summary>
    public const int CommitOnlySegmentSize = MagicSize + CommitSize;

    /// <summary>Magic of a segment.</summary>
    public static ReadOnlySpan<byte> Magic => "BORG_SEG"u8;

    /// <summary>Magic of a segment of attic, borg's predecessor.</summary>
    public static ReadOnlySpan<byte> AtticMagic => "ATTICSEG"u8;

    /// <summary>The COMMIT entry: always these nine bytes.</summary>
    public static ReadOnlySpan<byte> Commit => [0x40, 0xf4, 0x3c, 0x25, 0x09, 0x00, 0x00, 0x00, 0x02];

    /// <summary>Writes the 41 bytes of a DELETE.</summary>
    public static void WriteDelete(Span<byte> destination, in ObjectId id)
    {
        WriteUnsummed(destination, KeyedHeaderSize, EntryTag.Delete, id);
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Checksum.Of(destination[4..KeyedHeaderSize]));
    }

    /// <summary>Writes the 41 bytes before the value of a PUT, with the crc over the value too.</summary>
    /// <param name="destination">At least 41 bytes.</param>
    /// <param name="id">The key.</param>
    /// <param name="value">The value, at most <see cref="MaxValueSize"/> bytes; it is summed, not copied.</param>
    public static void WritePutHeader(Span<byte> destination, in ObjectId id, ReadOnlySpan<byte> value)
    {
        WriteUnsummed(destination, (uint)(KeyedHeaderSize + value.Length), EntryTag.Put, id);
        Checksum crc = new();
        crc.Append(destination[4..KeyedHeaderSize]);
        crc.Append(value);
        BinaryPrimitives.WriteUInt32LittleEndian(destination, crc.Value);
    }

    /// <summary>Writes a whole PUT into one span, summed in one pass.</summary>
    /// <param name="destination">At least 41 bytes and the value.</param>
    /// <param name="id">The key.</param>
    /// <param name="value">The value.</param>
    public static void WritePut(Span<byte> destination, in ObjectId id, ReadOnlySpan<byte> value)
    {
        int size = KeyedHeaderSize + value.Length;
        WriteUnsummed(destination, (uint)size, EntryTag.Put, id);
        value.CopyTo(destination[KeyedHeaderSize..]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Checksum.Of(destination[4..size]));
    }

    private static void WriteUnsummed(Span<byte> destination, uint size, EntryTag tag, in ObjectId id)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], size);
        destination[8] = (byte)tag;
        id.CopyTo(destination[HeaderSize..]);
    }
}
