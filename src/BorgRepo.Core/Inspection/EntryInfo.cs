using BorgRepo.Core.Format;

namespace BorgRepo.Core.Inspection;

/// <summary>One entry of the log, or a damaged range in its place.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Offset">Offset in its file.</param>
/// <param name="Tag">PUT, DELETE or COMMIT; null for damage.</param>
/// <param name="Size">Bytes in all.</param>
/// <param name="Id">The key; null for COMMIT and damage.</param>
/// <param name="IsCurrent">True for the PUT of a current object; null if no index could be had.</param>
/// <param name="Damage">What is wrong; null for a valid entry.</param>
public sealed record EntryInfo(uint Segment, long Offset, EntryTag? Tag, long Size, ObjectId? Id, bool? IsCurrent, string? Damage)
{
    /// <summary>Bytes of the value of a PUT, else 0.</summary>
    public long ValueSize => Tag == EntryTag.Put ? Size - LogEntry.KeyedHeaderSize : 0;
}
