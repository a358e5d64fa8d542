namespace BorgRepo.Core.Errors;

/// <summary>The lock could not be made at all, for example on a read-only medium.</summary>
public sealed class LockFailedException(string lockPath, string reason, Exception? innerException = null)
    : BorgRepositoryException($"Failed to create/acquire the lock {lockPath} ({reason}).", innerException)
{
    /// <summary>Path of the lock.</summary>
    public string LockPath { get; } = lockPath;

    /// <summary>What the operating system said.</summary>
    public string Reason { get; } = reason;
}
