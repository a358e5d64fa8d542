namespace BorgRepo.Core;

/// <summary>What a session is opened for, and so which lock it takes.</summary>
public enum SessionAccess
{
    /// <summary>Reading under the shared lock. An index that is missing or old is rebuilt under the exclusive lock.</summary>
    Read,

    /// <summary>Reading without any lock: nothing at all is written, an index that is missing or old is rebuilt in memory.</summary>
    ReadNoLock,

    /// <summary>Reading and writing under the exclusive lock.</summary>
    Write,

    /// <summary>Reading under the shared lock, which the first write exchanges for the exclusive one (old clients of a server).</summary>
    Undeclared,
}
