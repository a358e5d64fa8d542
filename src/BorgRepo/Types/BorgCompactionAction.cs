namespace BorgRepo;

/// <summary>What a compaction does with a segment.</summary>
public enum BorgCompactionAction
{
    /// <summary>It stays.</summary>
    Keep,

    /// <summary>What is needed of it is copied, then it is removed.</summary>
    Rewrite,

    /// <summary>Nothing of it is needed: it is removed.</summary>
    Remove,
}
