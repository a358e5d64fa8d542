using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>What one session needs to change the locks of a repository: folder, roster, its place among the sessions of this process.</summary>
internal sealed class LockSession
{
    private readonly RepositoryServices _services;
    private readonly LockRegistry _registry = LockRegistry.Process;
    private readonly LockKey _key;

    /// <summary>Prepares it; touches nothing.</summary>
    public LockSession(RepositoryServices services, string repositoryPath)
    {
        _services = services;
        _key = LockKey.Create(services, repositoryPath);
        Folder = new ExclusiveLock(services, repositoryPath, _key, _registry);
        Roster = new LockRoster(services, repositoryPath, Own);
    }

    /// <summary>The lock folder.</summary>
    public ExclusiveLock Folder { get; }

    /// <summary>The list of holders.</summary>
    public LockRoster Roster { get; }

    /// <summary>This process.</summary>
    public LockIdentity Own => _key.Identity;

    /// <summary>Counts this session as a reader.</summary>
    public void AddReader() => _registry.AddReader(_key, this);

    /// <summary>Counts it no longer.</summary>
    public void RemoveReader() => _registry.RemoveReader(_key, this);

    /// <summary>Counts it no longer if another session then still stands for the entry in the roster.</summary>
    public bool TryLeaveToOthers() => _registry.RemoveReaderUnlessLast(_key, this);

    /// <summary>Reads the roster and drops entries of processes that are gone. To be called with the folder held.</summary>
    /// <returns>True if entries were dropped.</returns>
    public bool LoadRoster(bool isWriter = false)
    {
        Roster.Load();
        return Roster.DropDead(isReader: _registry.CountReaders(_key) > 0, isWriter);
    }

    /// <summary>Becomes the writer if there are no readers. To be called with the folder held.</summary>
    /// <param name="isReader">Whether this session is one of the readers and gives that up.</param>
    /// <param name="readers">The others that are in the way.</param>
    /// <remarks>
    /// The entry of a reader is taken out only in the same write that makes it the writer, so there is nothing to
    /// restore when others are in the way.
    /// </remarks>
    public bool TryEnterRoster(bool isReader, out IReadOnlyList<LockIdentity> readers)
    {
        bool hasDropped = LoadRoster();
        // In the roster all sessions of this process are one entry.
        bool hasOthersHere = _registry.CountReaders(_key) > (isReader ? 1 : 0);
        readers = [.. Roster.Shared.Where(r => r != Own), .. hasOthersHere ? [Own] : Array.Empty<LockIdentity>()];
        if (readers.Count > 0)
        {
            if (hasDropped)
            {
                Roster.Save();
            }
            return false;
        }
        Roster.SetShared(false);
        Roster.SetExclusive(true);
        try
        {
            Roster.Save();
        }
        catch (IOException error) when (FileSystemErrors.IsDiskFull(error))
        {
            // Nobody asks this list before writing. On a full disk it must not keep its owner from making space.
            _services.Notify(NoticeLevel.Warning, $"The writer is not listed in {Roster.FilePath}: {error.Message}");
        }
        return true;
    }

    /// <summary>Takes this reader out of the roster, unless another session of this process reads. With the folder held.</summary>
    /// <returns>False: the folder is not kept.</returns>
    public bool LeaveRoster()
    {
        LoadRoster();
        RemoveReader();
        // Another session may have begun to read since this one found itself to be the last.
        if (_registry.CountReaders(_key) == 0)
        {
            if (!Roster.Shared.Contains(Own))
            {
                _services.Notify(NoticeLevel.Warning, $"{Roster.FilePath} does not list this reader any more: the lock was broken meanwhile.");
            }
            Roster.SetShared(false);
            Roster.SaveOrDelete();
        }
        return false;
    }

    /// <summary>Does something while holding the lock folder, and keeps it if the action says so.</summary>
    public bool WithFolder(LockTimer timer, Func<bool> action, CancellationToken cancellationToken)
    {
        Folder.Acquire(timer, cancellationToken);
        bool isKept;
        try
        {
            isKept = TranslateErrors(action);
        }
        catch
        {
            ReleaseAfterError();
            throw;
        }
        if (!isKept)
        {
            Folder.Release();
        }
        return isKept;
    }

    /// <summary>Does something with the roster; errors of the file become errors of the lock.</summary>
    public T TranslateErrors<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new LockFailedException(Roster.FilePath, error.Message, error);
        }
    }

    /// <summary>Makes sure that the folder is still held.</summary>
    /// <exception cref="LockLostException">Somebody broke the lock. What is on the disk now is somebody else's and stays.</exception>
    public void ThrowIfLost()
    {
        if (!Folder.IsHeld)
        {
            Folder.Forget();
            throw new LockLostException(Folder.DirectoryPath, "somebody else removed it.");
        }
    }

    private void ReleaseAfterError()
    {
        try
        {
            Folder.Release();
        }
        catch (Exception error) when (error is BorgRepositoryException or IOException or UnauthorizedAccessException)
        {
            _services.Notify(NoticeLevel.Debug, $"Releasing {Folder.DirectoryPath} failed too: {error.Message}");
        }
    }
}
