using BorgRepo.Core.Format;

namespace BorgRepo.Core.Checking;

/// <summary>One thing that a check found.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Severity">What it means.</param>
/// <param name="Message">What, where, and what to do.</param>
public sealed record Finding(FindingKind Kind, FindingSeverity Severity, string Message)
{
    /// <summary>The segment concerned.</summary>
    public uint? Segment { get; init; }

    /// <summary>Offset of the entry in the segment.</summary>
    public long? Offset { get; init; }

    /// <summary>The object concerned.</summary>
    public ObjectId? Id { get; init; }

    /// <summary>The file or folder concerned.</summary>
    public string? Path { get; init; }

    /// <summary>True if a repair, or the next use, sets it right (for damage: as far as bytes are left).</summary>
    public bool IsRepairable { get; init; }
}
