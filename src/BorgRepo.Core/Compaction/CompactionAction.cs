namespace BorgRepo.Core.Compaction;

/// <summary>What happens to a segment.</summary>
public enum CompactionAction
{
    /// <summary>It stays.</summary>
    Keep,

    /// <summary>What is needed of it is copied, then it is removed.</summary>
    Rewrite,

    /// <summary>Nothing of it is needed: it is removed.</summary>
    Remove,
}

/// <summary>Why.</summary>
public enum CompactionReason
{
    /// <summary>Its share of freeable bytes is above the threshold.</summary>
    Sparse,

    /// <summary>It holds nothing but a COMMIT that a newer one replaces.</summary>
    EmptyCommit,

    /// <summary>Its share of freeable bytes is not above the threshold.</summary>
    BelowThreshold,

    /// <summary>All that could go are DELETEs that still keep an older PUT from coming back.</summary>
    NothingToGain,

    /// <summary>An entry of it is damaged: only a check with repair may touch it.</summary>
    Damaged,

    /// <summary>The index points to an entry that is not where it should be, or to an older one: a check is needed.</summary>
    StillReferenced,

    /// <summary>Its file is gone or empty; hints forget it.</summary>
    Missing,

    /// <summary>It carries the last COMMIT, and nothing else is to be done.</summary>
    LastCommit,
}
