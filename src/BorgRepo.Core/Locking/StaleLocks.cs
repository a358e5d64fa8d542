using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>Clears the lock folder away when the processes that its files name are certainly gone.</summary>
internal sealed class StaleLocks(RepositoryServices services, string lockDirectory)
{
    private readonly IFileSystem _fileSystem = services.FileSystem;
    private bool _hasReported;

    /// <summary>True if the way may be free now. False if somebody holds the lock, or may hold it.</summary>
    public bool TryRemove()
    {
        IReadOnlyList<DirectoryItem> items;
        try
        {
            items = _fileSystem.List(lockDirectory);
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            // borg makes the folder private: a holder who is another user cannot be judged.
            return false;
        }
        // All are judged before any is removed: one that lives, or cannot be read, protects the others.
        return items.All(IsStale) && TryDelete(items) && TryDeleteDirectory();
    }

    private bool IsStale(DirectoryItem item)
    {
        if (item.Kind == PathKind.File && LockIdentity.TryParseFileName(item.Name, out LockIdentity holder))
        {
            return LockLiveness.IsDead(holder, services.Environment);
        }
        Report($"The lock {lockDirectory} contains '{item.Name}', which names no holder. Look into it, and break the lock if nobody uses the repository.");
        return false;
    }

    private bool TryDelete(IReadOnlyList<DirectoryItem> items)
    {
        try
        {
            foreach (DirectoryItem item in items)
            {
                _fileSystem.DeleteFile(Path.Combine(lockDirectory, item.Name));
                services.Notify(NoticeLevel.Warning, $"Removed the stale lock {item.Name}: its process is gone.");
            }
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Report($"The lock {lockDirectory} is stale, but cannot be removed: {error.Message}");
            return false;
        }
    }

    private bool TryDeleteDirectory()
    {
        try
        {
            _fileSystem.DeleteDirectory(lockDirectory);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not empty: another one who waited was faster.
            return false;
        }
    }

    private void Report(string message)
    {
        // Once, not at every attempt.
        if (!_hasReported)
        {
            _hasReported = true;
            services.Notify(NoticeLevel.Error, message);
        }
    }
}
