using System.Buffers.Binary;
using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Format;

/// <summary>The nine bytes at the start of every log entry.</summary>
/// <param name="Crc">CRC-32 over everything after this field.</param>
/// <param name="Size">Bytes of the whole entry.</param>
/// <param name="RawTag">The tag byte as it stands there.</param>
public readonly record struct EntryHeader(uint Crc, uint Size, byte RawTag)
{
    /// <summary>The tag, which may be none of those defined.</summary>
    public EntryTag Tag => (EntryTag)RawTag;

    /// <summary>Parses nine bytes.</summary>
    public static EntryHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        bytes[8]);

    /// <summary>
    /// Judges the size alone, before anything is read or allocated by it. The size is unsigned: 0x80000000 is too big,
    /// not negative.
    /// </summary>
    /// <returns>Null if an entry may have this size.</returns>
    public IntegrityKind? CheckSize(int least) =>
        Size > LogEntry.MaxEntrySize ? IntegrityKind.SizeTooBig
        : Size < least ? IntegrityKind.SizeTooSmall
        : null;

    /// <summary>Judges tag and size together, after the checksum was found right.</summary>
    /// <returns>Null if borg 1.x writes such an entry.</returns>
    public IntegrityKind? CheckTag() => Tag switch
    {
        EntryTag.Put => Size >= LogEntry.KeyedHeaderSize ? null : IntegrityKind.SizeTooSmall,
        EntryTag.Delete => Size == LogEntry.KeyedHeaderSize ? null : IntegrityKind.SizeMismatch,
        EntryTag.Commit => Size == LogEntry.CommitSize ? null : IntegrityKind.SizeMismatch,
        EntryTag.Put2 => IntegrityKind.Put2Entry,
        _ => IntegrityKind.UnknownTag,
    };
}
