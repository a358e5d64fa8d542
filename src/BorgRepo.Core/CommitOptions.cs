namespace BorgRepo.Core;

/// <summary>What a commit does besides making the changes durable.</summary>
public sealed record CommitOptions
{
    /// <summary>Compact sparse segments in the same commit.</summary>
    public bool Compact { get; init; }

    /// <summary>Share of a segment that must be freeable for it to be compacted, 0 - 1.</summary>
    public double Threshold { get; init; } = 0.1;

    /// <summary>Mark all segments that hold nothing but a COMMIT for compaction.</summary>
    public bool RemoveEmptyCommits { get; init; }

    /// <summary>Free old segments as early as possible (borg 1.0's save_space).</summary>
    public bool SaveSpace { get; init; }
}
