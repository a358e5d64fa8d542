using BorgRepo.Core.Format;

namespace BorgRepo.Core.Errors;

/// <summary>Bytes of a segment are not what they must be.</summary>
public sealed class IntegrityException(IntegrityKind kind, uint segment, long offset, string reason, ObjectId? id = null)
    : BorgRepositoryException($"Data integrity error: {reason} [segment {segment}, offset {offset}]{(id is { } key ? $" while reading {key}" : string.Empty)}")
{
    /// <summary>The kind of damage.</summary>
    public IntegrityKind Kind { get; } = kind;

    /// <summary>Number of the segment.</summary>
    public uint Segment { get; } = segment;

    /// <summary>Offset of the entry in the segment file.</summary>
    public long Offset { get; } = offset;

    /// <summary>What was found, without the place.</summary>
    public string Reason { get; } = reason;

    /// <summary>The id whose value was being read, if one was.</summary>
    public ObjectId? Id { get; } = id;
}
