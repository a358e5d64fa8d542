namespace BorgRepo;

/// <summary>Whether and how a repository is locked.</summary>
public enum BorgLockState
{
    /// <summary>Nobody holds a lock.</summary>
    None,

    /// <summary>One or more readers hold it.</summary>
    Shared,

    /// <summary>A writer holds it.</summary>
    Exclusive,
}
