namespace BorgRepo.Core.Errors;

/// <summary>The lock is held by somebody else and was not released in time.</summary>
public sealed class LockTimeoutException(string lockPath, IReadOnlyList<string> holders)
    : BorgRepositoryException(holders.Count == 0
        ? $"Failed to create/acquire the lock {lockPath} (timeout)."
        : $"Failed to create/acquire the lock {lockPath} (timeout). Held by {string.Join(", ", holders)}.")
{
    /// <summary>Path of the lock (the lock folder, or its base name when readers are in the way).</summary>
    public string LockPath { get; } = lockPath;

    /// <summary>Who holds it, one text each with host, pid, and age where known.</summary>
    public IReadOnlyList<string> Holders { get; } = holders;
}
