using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>
/// A session on a repository behind <c>borg serve</c>, ours or the real one. Puts go out one after the other without waiting;
/// what fails among them is raised by a later call, at the latest by the commit, which then does not happen.
/// </summary>
/// <remarks>
/// Thread-safe, with one transaction for all threads. A connection that broke stays broken: opening a new one behind the
/// caller's back would hide that the transaction is lost.
/// </remarks>
public sealed partial class RemoteRepository : IObjectRepository
{
    private static readonly TimeSpan s_rollbackTime = TimeSpan.FromSeconds(30);

    private readonly RpcClient _client;
    private readonly RepositoryServices _services;
    private readonly TimeSpan? _lockWait;
    private volatile bool _inTransaction;
    private volatile bool _isCommitting;
    private int _isClosed;

    private RemoteRepository(RpcClient client, string location, SessionAccess access, TimeSpan? lockWait, RepositoryServices services)
    {
        _client = client;
        _services = services;
        _lockWait = lockWait;
        Path = location;
        Access = access;
    }

    /// <summary>The location.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public ObjectId Id { get; private set; }

    /// <inheritdoc/>
    public SessionAccess Access { get; }

    /// <inheritdoc/>
    public bool IsOpen => _isClosed == 0 && !_client.IsBroken;

    /// <inheritdoc/>
    public bool HoldsExclusiveLock => IsOpen && Access == SessionAccess.Write;

    /// <inheritdoc/>
    public bool InTransaction => IsOpen && _inTransaction;

    /// <summary>Connects and opens.</summary>
    /// <param name="location">Where.</param>
    /// <param name="options">What for. Quota and write format are the server's business and are not passed on.</param>
    /// <param name="remote">How to get there.</param>
    /// <param name="services">Receives what the server has to say.</param>
    /// <param name="cancellationToken">Interrupts the opening.</param>
    /// <exception cref="RemoteConnectionException">There is no connection, or no server at its other end.</exception>
    public static RemoteRepository Open(
        RemoteLocation location, OpenOptions options, RemoteOptions remote, RepositoryServices services, CancellationToken cancellationToken = default) =>
        Open(SshConnection.Start(location, remote, []), location.Path, location.ToString(), options, services, cancellationToken);

    /// <summary>Opens by a connection that is there already. The session owns it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="serverPath">Path on the server.</param>
    /// <param name="location">Name for messages.</param>
    /// <param name="options">What for.</param>
    /// <param name="services">Receives what the server has to say.</param>
    /// <param name="cancellationToken">Interrupts the opening.</param>
    public static RemoteRepository Open(
        IServerConnection connection, string serverPath, string location, OpenOptions options, RepositoryServices services, CancellationToken cancellationToken = default)
    {
        RpcArgument[] extra = options.AppendOnly ? [new("append_only", true)] : [];
        return Connect(connection, serverPath, location, options.Access, options.LockWait, isNew: false, extra, services, cancellationToken);
    }

    /// <summary>Creates an empty repository.</summary>
    /// <param name="location">Where.</param>
    /// <param name="options">How. What a server cannot be told is refused.</param>
    /// <param name="remote">How to get there.</param>
    /// <param name="services">Receives what the server has to say.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    /// <exception cref="ArgumentException">An option that a server cannot be told.</exception>
    public static void Create(
        RemoteLocation location, CreateOptions options, RemoteOptions remote, RepositoryServices services, CancellationToken cancellationToken = default)
    {
        if (options.MaxSegmentSize is not null || options.SegmentsPerDirectory is not null || options.AdditionalFreeSpace != 0)
        {
            throw new ArgumentException("A server cannot be told sizes of segments and folders, nor a reserve of free space.", nameof(options));
        }

        // The quota is an option of the server program: there is no other way to tell it.
        string[] quota = options.StorageQuota > 0 ? [string.Create(System.Globalization.CultureInfo.InvariantCulture, $"--storage-quota={options.StorageQuota}")] : [];
        List<RpcArgument> extra = options.AppendOnly ? [new("append_only", true)] : [];
        if (options.CreateParents)
        {
            extra.Add(new RpcArgument("make_parent_dirs", true, Since10: false));
        }

        using RemoteRepository created = Connect(
            SshConnection.Start(location, remote, quota), location.Path, location.ToString(), SessionAccess.Write, TimeSpan.FromSeconds(1), isNew: true, [.. extra], services, cancellationToken);
    }

    /// <summary>Removes all locks of a repository, whoever holds them.</summary>
    public static void BreakLock(RemoteLocation location, RemoteOptions remote, RepositoryServices services, CancellationToken cancellationToken = default)
    {
        using RemoteRepository repository = Open(location, new OpenOptions { Access = SessionAccess.ReadNoLock }, remote, services, cancellationToken);
        repository._client.Invoke("break_lock", cancellationToken);
    }

    /// <summary>
    /// Breaks the connection at once, from any thread: calls that wait for it fail. What was not committed is lost.
    /// </summary>
    /// <remarks>Not in the middle of a commit: nobody could tell what became of it.</remarks>
    public void Interrupt()
    {
        if (!_isCommitting)
        {
            _client.Interrupt();
        }
    }

    /// <inheritdoc/>
    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        try
        {
            if (_inTransaction && !_client.IsBroken)
            {
                RollbackInTime();
            }
        }
        finally
        {
            _inTransaction = false;
            _client.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private static RemoteRepository Connect(
        IServerConnection connection,
        string serverPath,
        string location,
        SessionAccess access,
        TimeSpan? lockWait,
        bool isNew,
        RpcArgument[] extra,
        RepositoryServices services,
        CancellationToken cancellationToken)
    {
        RpcClient client = new(connection, services, location);
        try
        {
            using CancellationTokenRegistration interruption = cancellationToken.UnsafeRegister(static it => ((RpcClient)it!).Interrupt(), client);
            client.Negotiate(cancellationToken);
            RemoteRepository repository = new(client, location, access, lockWait, services);
            repository.Id = repository.OpenThere(serverPath, isNew, extra, cancellationToken);
            return repository;
        }
        catch
        {
            client.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    private ObjectId OpenThere(string serverPath, bool isNew, RpcArgument[] extra, CancellationToken cancellationToken)
    {
        RpcArgument[] oldest =
        [
            new("path", serverPath),
            new("create", isNew),
            new("lock_wait", _lockWait is { } wait ? (int)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 0, int.MaxValue) : null),
            new("lock", Access != SessionAccess.ReadNoLock),
        ];
        bool? exclusive = Access switch
        {
            SessionAccess.Write => true,
            SessionAccess.Undeclared => null,
            _ => false,
        };
        try
        {
            return _client.Invoke("open", cancellationToken, [.. oldest, new("exclusive", exclusive), .. extra]).ToId();
        }
        catch (RemoteServerException error) when (_client.IsOldServer && error.ClassName == "TypeError" && extra.Length == 0)
        {
            // Before 1.0.7 there were only four.
            return _client.Invoke("open", cancellationToken, oldest).ToId();
        }
    }

    private void RollbackInTime()
    {
        using CancellationTokenSource limit = new(s_rollbackTime, _services.Environment.Time);
        try
        {
            _client.Invoke("rollback", limit.Token);
        }
        catch (Exception error) when (error is BorgRepositoryException or OperationCanceledException)
        {
            // The end of the connection says the same: what is not committed does not count.
        }
    }

    private void ThrowIfClosed()
    {
        if (_isClosed != 0)
        {
            throw new RepositoryClosedException(Path);
        }
    }
}
