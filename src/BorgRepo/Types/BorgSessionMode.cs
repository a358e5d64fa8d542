namespace BorgRepo;

/// <summary>What a session was opened for.</summary>
public enum BorgSessionMode
{
    /// <summary>Reading under a shared lock, which the first change exchanges for the exclusive one.</summary>
    ReadWrite,

    /// <summary>Reading under a shared lock.</summary>
    ReadOnly,

    /// <summary>Reading without a lock: nothing at all is written.</summary>
    NoLock,

    /// <summary>Reading and writing under the exclusive lock.</summary>
    Exclusive,
}
