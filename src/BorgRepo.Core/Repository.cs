using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using BorgRepo.Core.Locking;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core;

/// <summary>
/// A session on a borg repository of format version 1: a transactional map from 32-byte ids to values of up to
/// 20,971,479 bytes. Nothing is repaired or replayed at open; that happens at the first call that needs the index.
/// </summary>
/// <remarks>
/// Reads may run on several threads at once; writes take turns with them. There is one transaction at a time: the first
/// put or delete begins it, <see cref="Commit"/> makes it durable, <see cref="Rollback"/> and closing undo it.
/// </remarks>
public sealed partial class Repository : IObjectRepository
{
    private readonly Lock _gate = new();
    private readonly RepositoryServices _services;
    private readonly OpenOptions _options;
    private readonly RepositoryLock? _lock;
    private readonly ConfigFile _configFile;
    private readonly LogContext _context;
    private readonly Recovery _recovery;
    private readonly ObjectBufferPool _buffers = new();
    private RepositoryConfig _config;
    private CommittedState? _state;
    private Transaction? _transaction;
    private int _stateVersion;
    private bool _isChecking;

    private Repository(string path, OpenOptions options, RepositoryServices services, RepositoryLock? repositoryLock, ConfigFile configFile)
    {
        _services = services;
        _options = options;
        _lock = repositoryLock;
        _configFile = configFile;
        _config = configFile.Load();
        Path = path;
        _context = new LogContext(
            services,
            path,
            new SegmentStore(services, path, _config.SegmentsPerDirectory),
            new IndexStore(services, path, options.Workers),
            _config.MaxSegmentSize,
            options.WriteFormat)
        {
            Workers = options.Workers,
            IndexCheckpointSize = options.IndexCheckpointSize,
        };
        ApplySettings();
        _recovery = new Recovery(_context, repositoryLock is null ? null : TakeExclusiveLock);
        IsOpen = true;
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>The 32-byte id of the repository.</summary>
    public ObjectId Id => _config.Id;

    /// <summary>Format version, always 1.</summary>
    public int Version => _config.Version;

    /// <summary>False after <see cref="Close"/>.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>What the session was opened for.</summary>
    public SessionAccess Access => _options.Access;

    /// <summary>True while this session holds the exclusive lock.</summary>
    public bool HoldsExclusiveLock => IsOpen && _lock?.IsExclusive == true;

    /// <summary>Old states are never removed: by config or for this session.</summary>
    public bool AppendOnly => _context.AppendOnly;

    /// <summary>Quota in bytes in force, 0 for none.</summary>
    public long StorageQuota => _context.StorageQuota;

    /// <summary>Bytes that commits leave free besides their own need.</summary>
    public long AdditionalFreeSpace => _context.AdditionalFreeSpace;

    /// <summary>Segments in one folder.</summary>
    public int SegmentsPerDirectory => _config.SegmentsPerDirectory;

    /// <summary>Size in bytes beyond which a segment is closed.</summary>
    public long MaxSegmentSize => _config.MaxSegmentSize;

    /// <summary>Which release's habits this session writes by.</summary>
    public WriteFormat Format => _options.WriteFormat;

    /// <summary>True between the first put or delete and commit or rollback.</summary>
    public bool InTransaction => _transaction is not null;

    /// <summary>Creates an empty repository; no segment, index or hints exist before its first commit.</summary>
    /// <exception cref="RepositoryExistsException">There is one, at the path or in a folder above it.</exception>
    /// <exception cref="PathExistsException">Something else is there.</exception>
    /// <exception cref="ParentPathNotFoundException">The folder above is missing.</exception>
    public static void Create(string path, CreateOptions options, RepositoryServices services)
    {
        string full = System.IO.Path.GetFullPath(path);
        Guarded(full, () => RepositoryCreation.Create(full, options, services));
    }

    /// <summary>Opens a repository: lock first, then config.</summary>
    /// <exception cref="RepositoryNotFoundException">Nothing is at the path.</exception>
    /// <exception cref="InvalidRepositoryException">It is no repository.</exception>
    /// <exception cref="InvalidRepositoryConfigException">Its config cannot be used.</exception>
    /// <exception cref="AtticRepositoryException">It belongs to attic.</exception>
    /// <exception cref="LockTimeoutException">Somebody else holds the lock.</exception>
    public static Repository Open(string path, OpenOptions options, RepositoryServices services, CancellationToken cancellationToken = default)
    {
        string full = System.IO.Path.GetFullPath(path);
        return Guarded(full, () => OpenLocked(full, options, services, cancellationToken));
    }

    /// <summary>True if a folder looks like a repository: it has a config with the section that a repository has. Takes no lock.</summary>
    public static bool IsRepository(string path, RepositoryServices services)
    {
        try
        {
            new ConfigFile(services, System.IO.Path.GetFullPath(path)).Load();
            return true;
        }
        catch (Exception error) when (error is BorgRepositoryException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Removes all locks of a repository, whoever holds them.</summary>
    public static void BreakLock(string path, RepositoryServices services)
    {
        string full = System.IO.Path.GetFullPath(path);
        Guarded(full, () => RepositoryLock.Break(services, RequireRepository(full, services)));
    }

    /// <summary>Who holds locks of a repository. Writes nothing.</summary>
    public static IReadOnlyList<LockHolder> GetLockHolders(string path, RepositoryServices services)
    {
        string full = System.IO.Path.GetFullPath(path);
        return Guarded(full, () => RepositoryLock.GetHolders(services, RequireRepository(full, services)));
    }

    /// <summary>Rolls back what was not committed, closes all files and releases the lock.</summary>
    public void Close() => EndSession(leaveUncommitted: false);

    /// <summary>
    /// Closes all files and releases the lock, but removes nothing. Segments without a COMMIT stay until the next transaction,
    /// so that a repair can still salvage a first backup whose connection broke.
    /// </summary>
    public void Abandon() => EndSession(leaveUncommitted: true);

    /// <summary>
    /// Forgets what was read of the committed state, so that the next call looks at the disk again. Within a transaction it
    /// does nothing.
    /// </summary>
    public void Refresh()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            if (_transaction is null)
            {
                SaveWaitingIndex();
                DropState();
                _context.Store.Handles.Clear();
            }
        }
    }

    /// <inheritdoc cref="Close"/>
    public void Dispose() => Close();

    private void EndSession(bool leaveUncommitted)
    {
        lock (_gate)
        {
            if (!IsOpen)
            {
                return;
            }

            IsOpen = false;
            try
            {
                SaveAtEnd();
                if (leaveUncommitted)
                {
                    _transaction?.LeaveBehind();
                }

                EndTransaction(rollback: !leaveUncommitted);
            }
            finally
            {
                DropState();
                _context.Store.Dispose();
                _buffers.Dispose();
                _lock?.Dispose();
            }
        }
    }

    /// <summary>
    /// Saves index and hints if they wait for it (<see cref="OpenOptions.IndexCheckpointSize"/>). Within a transaction, which
    /// changes them in place, they are not those of any state on the disk, and wait on.
    /// </summary>
    private void SaveWaitingIndex()
    {
        if (_transaction is not null || _state is not { IsUnsaved: true } state)
        {
            return;
        }

        uint committed = state.TransactionId!.Value;
        try
        {
            if (!_lock!.HoldsExclusive())
            {
                // Somebody broke it and may be writing: an index of ours would hide what he commits.
                return;
            }

            _context.Indexes.Save(committed, state.Index, state.Usage!, Format);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IndexSaveException(committed, error);
        }

        _state = state with { SavedTransactionId = committed, UnsavedBytes = 0 };
    }

    private void SaveAtEnd()
    {
        try
        {
            SaveWaitingIndex();
        }
        catch (IndexSaveException error)
        {
            // Everything is committed. The next opening reads the last segments again.
            _services.Notify(NoticeLevel.Warning, error.Message);
        }
    }

    private static Repository OpenLocked(string path, OpenOptions options, RepositoryServices services, CancellationToken cancellationToken)
    {
        // Looked at before the lock is taken, so that nothing is written into a folder that is no repository.
        RequireRepository(path, services);
        RepositoryLock? repositoryLock = options.Access == SessionAccess.ReadNoLock ? null : new RepositoryLock(services, path);
        Repository? repository = null;
        try
        {
            if (options.Access == SessionAccess.Write)
            {
                repositoryLock!.AcquireExclusive(options.LockWait, cancellationToken);
            }
            else
            {
                repositoryLock?.AcquireShared(options.LockWait, cancellationToken);
            }

            repository = new Repository(path, options, services, repositoryLock, new ConfigFile(services, path));
            repository.RefuseAttic();
            return repository;
        }
        catch
        {
            repository?.Dispose();
            repositoryLock?.Dispose();
            throw;
        }
    }

    private static string RequireRepository(string path, RepositoryServices services)
    {
        switch (services.FileSystem.GetInfo(path).Kind)
        {
            case PathKind.Missing:
                throw new RepositoryNotFoundException(path);
            case not PathKind.Directory:
                throw new InvalidRepositoryException(path, "it is not a folder.");
            default:
                return new ConfigFile(services, path).Exists
                    ? path
                    : throw new InvalidRepositoryException(path, "it has no config file.");
        }
    }

    private static void Guarded(string path, Action action) => Guarded(path, () =>
    {
        action();
        return true;
    });

    private static T Guarded<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (UnauthorizedAccessException error)
        {
            throw new RepositoryAccessDeniedException(path, error);
        }
    }

    private void RefuseAttic()
    {
        if (FindNewestSegment() is not { } file)
        {
            return;
        }

        try
        {
            using IFile segment = _services.FileSystem.Open(file.Path, FileOpenKind.Read);
            Span<byte> magic = stackalloc byte[LogEntry.MagicSize];
            if (segment.Read(magic, 0) == magic.Length && magic.SequenceEqual(LogEntry.AtticMagic))
            {
                throw new AtticRepositoryException(Path);
            }
        }
        catch (IOException error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // Without a lock: compacted away since it was listed. Somebody who compacts is no attic.
        }
    }

    private SegmentFile? FindNewestSegment()
    {
        try
        {
            foreach (SegmentFile file in _context.Store.EnumerateDescending())
            {
                return file;
            }
        }
        catch (MisplacedSegmentException)
        {
            // Whoever wants to use the log is told. A check must get in, since it says more about it than an error.
        }

        return null;
    }

    private void ApplySettings()
    {
        _context.AppendOnly = _options.AppendOnly || _config.AppendOnly;
        _context.StorageQuota = _options.StorageQuota ?? _config.StorageQuota;
        _context.AdditionalFreeSpace = _config.AdditionalFreeSpace;
    }

    private bool TakeExclusiveLock(CancellationToken cancellationToken)
    {
        if (_lock!.IsExclusive)
        {
            return false;
        }

        _lock.Upgrade(_options.LockWait, cancellationToken);
        return true;
    }

    private void ThrowIfClosed()
    {
        if (!IsOpen)
        {
            throw new RepositoryClosedException(Path);
        }
    }

    /// <summary>The state to read from: that of the transaction under way, else the last one's.</summary>
    private HashIndex RequireIndex(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        return _transaction?.Index ?? RequireState(withUsage: false, cancellationToken).Index;
    }

    private CommittedState RequireState(bool withUsage, CancellationToken cancellationToken)
    {
        if (_state is { } known && (known.Usage is not null || !withUsage))
        {
            return known;
        }

        CommittedState? former = _state;
        _state = null;
        bool wasReader = _lock is { IsExclusive: false };
        CommittedState state = former is null ? _recovery.Load(withUsage, cancellationToken) : _recovery.AddUsage(former, cancellationToken);
        if (wasReader && _lock!.IsExclusive)
        {
            LetOthersRead(state);
        }

        _stateVersion += ReferenceEquals(former?.Index, state.Index) ? 0 : 1;
        _state = state;
        return state;
    }

    // An index that was missing or old took the exclusive lock to be saved. Other readers need not wait for the end of this one.
    private void LetOthersRead(CommittedState state)
    {
        try
        {
            _lock!.Downgrade(CancellationToken.None);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    private void DropState()
    {
        _state?.Dispose();
        _state = null;
        _stateVersion++;
    }

    private void EndTransaction(bool rollback)
    {
        if (_transaction is not { } transaction)
        {
            return;
        }

        _transaction = null;
        try
        {
            if (rollback)
            {
                transaction.Rollback();
            }
        }
        finally
        {
            transaction.Dispose();
            if (rollback)
            {
                DropState();
            }
        }
    }
}
