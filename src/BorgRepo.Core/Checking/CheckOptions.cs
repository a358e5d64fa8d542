using BorgRepo.Core.Segments;

namespace BorgRepo.Core.Checking;

/// <summary>How much is checked, and whether it is repaired.</summary>
public sealed record CheckOptions
{
    /// <summary>Repair what is found.</summary>
    public bool Repair { get; init; }

    /// <summary>With <see cref="Repair"/>: only calculate what a repair would do.</summary>
    public bool PlanOnly { get; init; }

    /// <summary>With <see cref="Repair"/>: keep no copy of segments that are changed.</summary>
    public bool NoBackup { get; init; }

    /// <summary>Stop after this time at the end of a segment, and go on there the next time; null for a whole check.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>Check these segments only; null for all.</summary>
    public SegmentSelection? Segments { get; init; }

    /// <summary>Read headers and keys only. No checksum is computed, so nothing is proven about values.</summary>
    public bool Quick { get; init; }

    /// <summary>Threads that read.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>True if the whole log is read, so that index and hints can be judged.</summary>
    public bool IsWhole => MaxDuration is null && Segments is null;
}
