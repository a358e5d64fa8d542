namespace BorgRepo.Core.Errors;

/// <summary>A lock that this session held is gone, or has become somebody else's.</summary>
public sealed class LockLostException(string lockPath, string reason)
    : BorgRepositoryException($"The lock {lockPath} is lost: {reason} Nothing more is written; open the repository again.")
{
    /// <summary>Path of the lock.</summary>
    public string LockPath { get; } = lockPath;

    /// <summary>How it was noticed.</summary>
    public string Reason { get; } = reason;
}
