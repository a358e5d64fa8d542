namespace BorgRepo;

/// <summary>What stands at a place of a segment.</summary>
public enum BorgEntryKind
{
    /// <summary>Stores an object.</summary>
    Put,

    /// <summary>Removes an object.</summary>
    Delete,

    /// <summary>Ends a transaction.</summary>
    Commit,

    /// <summary>Bytes that are no valid entry.</summary>
    Damage,
}
