using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Segments;

/// <summary>Bytes of a segment that are no valid entry.</summary>
/// <param name="Segment">Number of the segment.</param>
/// <param name="Start">Offset of the first such byte.</param>
/// <param name="End">Offset of the next valid entry, or the end of the file.</param>
/// <param name="Cause">What was wrong at its start.</param>
public sealed record DamagedRange(uint Segment, long Start, long End, IntegrityException Cause)
{
    /// <summary>
    /// True for an entry with the tag of borg 2 and a right checksum, by its rule or by ours: such a segment must not be rewritten.
    /// </summary>
    public bool IsForeign { get; init; }

    /// <summary>The key that stands there, if bytes for one are left; it may itself be damaged.</summary>
    public Format.ObjectId? Key { get; init; }
}
