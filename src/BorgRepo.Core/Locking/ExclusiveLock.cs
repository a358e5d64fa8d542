using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>The lock folder: who renames a folder to its name holds it.</summary>
/// <remarks>
/// The folder is made aside with the holder's file in it and then renamed, so that it is never seen without its holder.
/// Rename is the one step that two computers on one network file system cannot both succeed with.
/// </remarks>
internal sealed class ExclusiveLock
{
    private readonly RepositoryServices _services;
    private readonly string _repositoryPath;
    private readonly LockKey _key;
    private readonly LockRegistry _registry;
    private readonly LockStaging _staging;
    private readonly StaleLocks _staleLocks;
    private readonly string _ownFile;
    private bool _isHeld;

    /// <summary>Prepares it; touches nothing.</summary>
    public ExclusiveLock(RepositoryServices services, string repositoryPath, in LockKey key, LockRegistry registry)
    {
        _services = services;
        _repositoryPath = repositoryPath;
        _key = key;
        _registry = registry;
        DirectoryPath = LockPaths.Directory(repositoryPath);
        _ownFile = Path.Combine(DirectoryPath, key.Identity.FileName);
        _staging = new LockStaging(services, DirectoryPath, key.Identity);
        _staleLocks = new StaleLocks(services, DirectoryPath);
    }

    /// <summary>Path of the folder.</summary>
    public string DirectoryPath { get; }

    /// <summary>Whether this object still holds the lock. False if somebody broke it.</summary>
    public bool IsHeld => _isHeld && _registry.HasDirectory(_key, this) && HasOwnFile();

    /// <summary>Takes the lock; at once if this object has it already.</summary>
    /// <exception cref="LockTimeoutException">Somebody else has it. Says who.</exception>
    /// <exception cref="LockFailedException">No lock can be made here.</exception>
    public void Acquire(LockTimer timer, CancellationToken cancellationToken)
    {
        if (_isHeld)
        {
            return;
        }
        cancellationToken.ThrowIfCancellationRequested();
        string? staged = null;
        try
        {
            while (!TryTake(ref staged))
            {
                if (!timer.TryWait(timer.Interval, cancellationToken))
                {
                    throw new LockTimeoutException(DirectoryPath, LockHolders.DescribeWriters(_services, _repositoryPath, _key.Identity));
                }
            }
            _isHeld = true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new LockFailedException(DirectoryPath, error.Message, error);
        }
        finally
        {
            if (staged is not null)
            {
                _staging.Remove(staged);
            }
        }
    }

    /// <summary>Gives the lock back.</summary>
    /// <exception cref="LockLostException">Somebody broke it.</exception>
    public void Release()
    {
        try
        {
            if (!IsHeld)
            {
                throw new LockLostException(DirectoryPath, "somebody else removed it.");
            }
            _services.FileSystem.DeleteFile(_ownFile);
            RemoveEmptyDirectory();
        }
        finally
        {
            Forget();
        }
    }

    /// <summary>Stops holding it without touching the disk, where it is another's.</summary>
    public void Forget()
    {
        _isHeld = false;
        _registry.ReturnDirectory(_key, this);
    }

    private bool TryTake(ref string? staged)
    {
        // First among the sessions of this process: on the disk they all look like the holder.
        if (!_registry.TryTakeDirectory(_key, this))
        {
            return false;
        }
        bool isTaken = false;
        try
        {
            staged ??= _staging.Make();
            isTaken = TryRename(ref staged) || (_staleLocks.TryRemove() && TryRename(ref staged));
            return isTaken;
        }
        finally
        {
            if (!isTaken)
            {
                _registry.ReturnDirectory(_key, this);
            }
        }
    }

    private bool TryRename(ref string? staged)
    {
        if (_services.FileSystem.TryRenameDirectory(staged!, DirectoryPath))
        {
            staged = null;
            return true;
        }
        if (!HasOwnFile())
        {
            return false;
        }
        if (_services.FileSystem.GetInfo(staged!).Kind == PathKind.Missing)
        {
            // The rename worked, and the network repeated it after its answer was lost.
            staged = null;
            return true;
        }
        if (_services.FileSystem.List(DirectoryPath).Count > 1)
        {
            return false;
        }
        // No session of this process holds it, so an earlier process with the same id left it: common in containers.
        _services.Notify(NoticeLevel.Warning, $"Took over the lock {_ownFile}: an earlier process with the id of this one left it behind.");
        return true;
    }

    private void RemoveEmptyDirectory()
    {
        try
        {
            _services.FileSystem.DeleteDirectory(DirectoryPath);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Since our file is gone the next one may be in already; an empty folder hinders nobody either.
            _services.Notify(NoticeLevel.Debug, $"Did not remove {DirectoryPath}: {error.Message}");
        }
    }

    private bool HasOwnFile()
    {
        try
        {
            return _services.FileSystem.GetInfo(_ownFile).Kind == PathKind.File;
        }
        catch (UnauthorizedAccessException)
        {
            // Another user's private folder.
            return false;
        }
    }
}
