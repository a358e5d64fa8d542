namespace BorgRepo;

/// <summary>What became of a transaction.</summary>
public enum BorgTransactionState
{
    /// <summary>It is on the disk.</summary>
    Committed,

    /// <summary>Its changes were dropped; the transaction named is the one in force again.</summary>
    RolledBack,
}
