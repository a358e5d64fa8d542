using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>The lock of a repository: many readers, or one writer.</summary>
/// <remarks>
/// Readers are listed in the roster and hold the lock folder only for the moment of that; the writer keeps the folder.
/// So waiting for the folder is waiting for the writer, and the writer waits for the list of readers to become empty.
/// Two sessions of one process are two lockers. For one thread at a time.
/// </remarks>
public sealed class RepositoryLock : IDisposable
{
    private static readonly TimeSpan s_readersInterval = TimeSpan.FromMilliseconds(200);

    // While there is a reader, others hold the folder for moments only.
    private static readonly TimeSpan s_releaseLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_releaseInterval = TimeSpan.FromMilliseconds(20);

    private readonly RepositoryServices _services;
    private readonly string _path;
    private LockSession? _session;

    /// <summary>Prepares the lock of a repository; touches nothing.</summary>
    public RepositoryLock(RepositoryServices services, string repositoryPath)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(repositoryPath);
        _services = services;
        _path = repositoryPath;
    }

    /// <summary>True while this session reads.</summary>
    public bool IsShared { get; private set; }

    /// <summary>True while this session may write, see <see cref="HoldsExclusive"/>.</summary>
    public bool IsExclusive { get; private set; }

    private LockSession Session => _session!;

    /// <summary>Becomes a reader.</summary>
    /// <param name="wait">How long to wait at most; null waits for ever.</param>
    /// <param name="ct">Ends the waiting.</param>
    /// <exception cref="LockTimeoutException">A writer holds the lock.</exception>
    /// <exception cref="LockFailedException">No lock can be made, for example on a read-only medium.</exception>
    public void AcquireShared(TimeSpan? wait, CancellationToken ct)
    {
        LockSession session = Begin();
        try
        {
            session.WithFolder(
                new LockTimer(_services.Environment, wait),
                () =>
                {
                    session.LoadRoster();
                    session.Roster.SetShared(true);
                    session.Roster.Save();
                    session.AddReader();
                    return false;
                },
                ct);
        }
        catch
        {
            session.RemoveReader();
            throw;
        }
        IsShared = true;
    }

    /// <summary>Becomes the writer.</summary>
    /// <inheritdoc cref="AcquireShared"/>
    public void AcquireExclusive(TimeSpan? wait, CancellationToken ct)
    {
        Begin();
        BecomeWriter(wait, ct);
    }

    /// <summary>Turns the reader into the writer. If that fails it is a reader as before: two that both want it time out.</summary>
    /// <inheritdoc cref="AcquireShared"/>
    public void Upgrade(TimeSpan? wait, CancellationToken ct)
    {
        Require(IsShared);
        BecomeWriter(wait, ct);
    }

    /// <summary>Turns the writer into a reader.</summary>
    /// <exception cref="LockLostException">Somebody broke the lock; none is held then.</exception>
    public void Downgrade(CancellationToken ct)
    {
        Require(IsExclusive);
        ct.ThrowIfCancellationRequested();
        ThrowIfLost();
        Session.TranslateErrors(() =>
        {
            Session.LoadRoster(isWriter: true);
            Session.Roster.SetExclusive(false);
            Session.Roster.SetShared(true);
            Session.Roster.Save();
            return true;
        });
        // Before the folder is free, so that no other session takes the new entry for a leftover.
        Session.AddReader();
        IsExclusive = false;
        IsShared = true;
        Session.Folder.Release();
    }

    /// <summary>Asks the disk whether this session is still the writer. To be asked before each transaction and commit.</summary>
    public bool HoldsExclusive() => IsExclusive && Session.Folder.IsHeld;

    /// <summary>Gives the lock back; nothing happens if none is held.</summary>
    /// <exception cref="LockLostException">Somebody broke it. It counts as given back all the same.</exception>
    public void Release()
    {
        if (IsExclusive)
        {
            ReleaseExclusive();
        }
        else if (IsShared)
        {
            ReleaseShared();
        }
    }

    /// <summary>Gives the lock back. What goes wrong is only reported.</summary>
    public void Dispose()
    {
        try
        {
            Release();
        }
        catch (Exception error) when (error is BorgRepositoryException or IOException or UnauthorizedAccessException)
        {
            _services.Notify(NoticeLevel.Warning, $"The lock of {_path} was not given back in order: {error.Message}");
        }
    }

    /// <summary>Removes all locks of a repository, whoever holds them. The caller makes sure that nobody uses it.</summary>
    public static void Break(RepositoryServices services, string repositoryPath)
    {
        ArgumentNullException.ThrowIfNull(services);
        try
        {
            LockBreaking.Break(services.FileSystem, repositoryPath);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new RepositoryAccessDeniedException(repositoryPath, error);
        }
    }

    /// <summary>Who holds the lock according to the disk. Writes nothing.</summary>
    public static IReadOnlyList<LockHolder> GetHolders(RepositoryServices services, string repositoryPath)
    {
        ArgumentNullException.ThrowIfNull(services);
        try
        {
            return LockHolders.Read(services, repositoryPath);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new RepositoryAccessDeniedException(repositoryPath, error);
        }
    }

    private LockSession Begin()
    {
        Require(!IsShared && !IsExclusive);
        // Now, not when this object was made: the folder may not have existed, and BORG_HOST_ID may have changed.
        return _session = new LockSession(_services, _path);
    }

    private void BecomeWriter(TimeSpan? wait, CancellationToken ct)
    {
        LockTimer timer = new(_services.Environment, wait);
        IReadOnlyList<LockIdentity> readers = [];
        while (!Session.WithFolder(timer, () => Session.TryEnterRoster(IsShared, out readers), ct))
        {
            if (!timer.TryWait(s_readersInterval, ct))
            {
                throw new LockTimeoutException(
                    LockPaths.Base(_path),
                    LockHolders.DescribeReaders(readers, _services, Session.Own, Session.Roster.FilePath));
            }
        }
        Session.RemoveReader();
        IsShared = false;
        IsExclusive = true;
    }

    private void ReleaseExclusive()
    {
        ThrowIfLost();
        IsExclusive = false;
        try
        {
            Session.LoadRoster(isWriter: true);
            Session.Roster.SetExclusive(false);
            Session.Roster.SaveOrDelete();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The folder is what others wait for: it goes in any case.
            _services.Notify(NoticeLevel.Warning, $"{Session.Roster.FilePath} still lists this process: {error.Message}");
        }
        Session.Folder.Release();
    }

    private void ReleaseShared()
    {
        IsShared = false;
        if (Session.TryLeaveToOthers())
        {
            return;
        }
        try
        {
            Session.WithFolder(new LockTimer(_services.Environment, s_releaseLimit, s_releaseInterval), Session.LeaveRoster, CancellationToken.None);
        }
        finally
        {
            Session.RemoveReader();
        }
    }

    private void ThrowIfLost()
    {
        try
        {
            Session.ThrowIfLost();
        }
        catch (LockLostException)
        {
            IsExclusive = false;
            throw;
        }
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("The lock is not in the state that this call needs.");
        }
    }
}
