using BorgRepo.Core.Format;

namespace BorgRepo.Core.Segments;

/// <summary>An entry as met while reading a segment.</summary>
/// <param name="Tag">PUT, DELETE or COMMIT.</param>
/// <param name="Offset">Offset of its first byte in the file.</param>
/// <param name="Size">Bytes of the whole entry.</param>
/// <param name="Id">The key; all zero for a COMMIT.</param>
public readonly record struct SegmentEntry(EntryTag Tag, uint Offset, int Size, ObjectId Id)
{
    /// <summary>Bytes of the value of a PUT.</summary>
    public int ValueSize => Tag == EntryTag.Put ? Size - LogEntry.KeyedHeaderSize : 0;
}
