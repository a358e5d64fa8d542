namespace BorgRepo.Core;

/// <summary>How two repositories differ in an object.</summary>
public enum DifferenceKind
{
    /// <summary>Only the reference has it.</summary>
    OnlyInReference,

    /// <summary>Only the other one has it.</summary>
    OnlyInDifference,

    /// <summary>Both have it, with different values.</summary>
    Different,

    /// <summary>Both have it, but it cannot be read in at least one of them.</summary>
    Unreadable,

    /// <summary>Both have it, with the same value.</summary>
    Equal,
}
