namespace BorgRepo;

/// <summary>What became of a transaction.</summary>
public enum BorgTransactionState
{
    /// <summary>It is on the disk.</summary>
    Committed,

    /// <summary>Its changes were dropped; the transaction named is the one in force again.</summary>
    RolledBack,

    /// <summary>It was logged, but its COMMIT is not on the disk any more: compacted away, or moved aside by going back.</summary>
    Gone,
}
