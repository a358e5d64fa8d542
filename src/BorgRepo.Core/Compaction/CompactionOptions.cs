namespace BorgRepo.Core.Compaction;

/// <summary>What a compaction takes on.</summary>
public sealed record CompactionOptions
{
    /// <summary>Share of a segment that must be freeable, 0 - 1; exactly that share is not enough.</summary>
    public double Threshold { get; init; } = 0.1;

    /// <summary>Take on every segment that holds nothing but a COMMIT, whatever hints say of it.</summary>
    public bool RemoveEmptyCommits { get; init; }

    /// <summary>
    /// borg 1.0 format only: free processed segments whenever a new one is begun, not just at the end. The newer format
    /// always does.
    /// </summary>
    public bool SaveSpace { get; init; }

    /// <summary>
    /// Measure every segment instead of believing hints, and take on each that can give up anything.
    /// </summary>
    public bool All { get; init; }

    /// <summary>
    /// Leave a segment alone if rewriting it would free nothing (its freeable bytes are DELETEs that must stay). borg
    /// rewrites such segments each time.
    /// </summary>
    public bool SkipUseless { get; init; }
}
