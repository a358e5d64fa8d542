using System.Globalization;
using BorgRepo.Commands;
using BorgRepo.Core;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;

namespace BorgRepo;

/// <summary>
/// An open repository, from Open-BorgRepository: it keeps its lock until Close-BorgRepository or <see cref="Dispose"/>.
/// </summary>
/// <remarks>Several runspaces may read from it at once; changes take turns, and there is one transaction at a time.</remarks>
public sealed class BorgRepository : IDisposable, IRepositoryItem
{
    private readonly NoticeRelay _relay = new();
    private readonly IObjectRepository? _engine;
    private readonly ExitHook? _exit;
    private volatile bool _isClosed;

    // A name only: what -Repository makes of a path. Never seen outside a cmdlet.
    private BorgRepository(string path)
    {
        Path = path;
        Id = string.Empty;
        // Nothing to release; only a session has a lock that a forgotten one must give back.
        GC.SuppressFinalize(this);
    }

    private BorgRepository(string path, OpenOptions options, RemoteOptions? remote, IEngineUser user)
    {
        RepositoryServices services = BorgCmdlet.CreateServices(_relay.OnNotice, _relay.OnProgress);
        using (_relay.Listen(user))
        {
            _engine = remote is null
                ? Repository.Open(path, options, services, user.Stopped)
                : RemoteRepository.Open(RemoteLocation.Parse(path), options, remote, services, user.Stopped);
        }

        _exit = new ExitHook(_engine);
        Path = _engine.Path;
        Id = _engine.Id.ToString();
        Version = Local?.Version ?? 1;
        SegmentsPerDirectory = Local?.SegmentsPerDirectory;
        MaxSegmentSize = Local?.MaxSegmentSize;
        WriteFormat = (BorgWriteFormat)(int)options.WriteFormat;
        Mode = options.Access switch
        {
            SessionAccess.Write => BorgSessionMode.Exclusive,
            SessionAccess.Read => BorgSessionMode.ReadOnly,
            SessionAccess.ReadNoLock => BorgSessionMode.NoLock,
            _ => BorgSessionMode.ReadWrite,
        };
    }

    /// <summary>A session that nobody closed must not keep others from the repository until the process ends.</summary>
    ~BorgRepository() => _exit?.Close();

    /// <summary>Full path of the repository.</summary>
    public string Path { get; }

    /// <summary>The id of the repository, 64 lower-case hex digits.</summary>
    public string Id { get; }

    /// <summary>Format version, always 1.</summary>
    public int Version { get; }

    /// <summary>False after it was closed.</summary>
    public bool IsOpen => _engine is { IsOpen: true };

    /// <summary>What it was opened for.</summary>
    public BorgSessionMode Mode { get; }

    /// <summary>Which release's habits it writes by.</summary>
    public BorgWriteFormat WriteFormat { get; }

    /// <summary>True while it holds the exclusive lock.</summary>
    public bool IsExclusive => _engine is { HoldsExclusiveLock: true };

    /// <summary>True while there are changes that are neither committed nor undone.</summary>
    public bool InTransaction => _engine is { IsOpen: true, InTransaction: true };

    /// <summary>Old states are never removed. Behind a server nobody tells; then false.</summary>
    public bool AppendOnly => Local is { AppendOnly: true };

    /// <summary>Segments in one folder; null behind a server.</summary>
    public int? SegmentsPerDirectory { get; }

    /// <summary>Size in bytes beyond which a segment is closed; null behind a server.</summary>
    public long? MaxSegmentSize { get; }

    object IRepositoryItem.Source => this;

    private Repository? Local => _engine as Repository;

    /// <summary>True for a mere name of a repository, which cmdlets open for themselves.</summary>
    internal bool IsReference => _engine is null;

    /// <summary>
    /// Closes the session and releases its lock. Changes that were not committed are undone. Closing twice does nothing.
    /// </summary>
    public void Dispose()
    {
        _isClosed = true;
        _exit?.Dispose();
        _engine?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The path.</summary>
    public override string ToString() => Path;

    internal static BorgRepository Reference(string path) => new(path);

    /// <summary>Opens a session: here, or behind a server if it is said how to reach it.</summary>
    internal static BorgRepository Open(string path, OpenOptions options, RemoteOptions? remote, IEngineUser user) =>
        new(path, options, remote, user);

    /// <summary>Lends the engine to a cmdlet, which hears what it has to say meanwhile.</summary>
    /// <exception cref="RepositoryClosedException">It was closed.</exception>
    internal RepositoryLease Lend(IEngineUser user)
    {
        // A connection that broke is closed too, but says itself what happened.
        if (_engine is not ({ IsOpen: true } or RemoteRepository) || _isClosed)
        {
            throw new RepositoryClosedException(Path);
        }

        return RepositoryLease.OfSession(_engine, this, _relay.Listen(user));
    }

    /// <summary>Ids that begin with some digits, as many as can be found in the time; none if anything is in the way.</summary>
    internal IReadOnlyList<string> FindIds(string prefix, int limit, TimeSpan patience)
    {
        // An index that is not in memory yet may need a replay, under a lock: nothing for a key press.
        List<string> found = Find(
            static engine => engine.IsIndexLoaded ? engine.List().Select(static id => id.ToString()) : [], prefix, limit, patience);
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <summary>Numbers of segments that begin with some digits, ascending.</summary>
    internal IReadOnlyList<string> FindSegments(string prefix, int limit, TimeSpan patience) =>
        Find(static engine => engine.ListSegmentNumbers().Select(ToText), prefix, limit, patience);

    /// <summary>Ids of transactions that begin with some digits, newest first.</summary>
    internal IReadOnlyList<string> FindTransactions(string prefix, int limit, TimeSpan patience) =>
        Find(static engine => engine.ListCommits().Select(ToText), prefix, limit, patience);

    private static string ToText(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private List<string> Find(Func<Repository, IEnumerable<string>> list, string prefix, int limit, TimeSpan patience)
    {
        List<string> found = [];
        long start = TimeProvider.System.GetTimestamp();
        try
        {
            if (Local is not { IsOpen: true } engine)
            {
                return [];
            }

            foreach (string text in list(engine))
            {
                if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                {
                    found.Add(text);
                }

                if (found.Count == limit || TimeProvider.System.GetElapsedTime(start) > patience)
                {
                    break;
                }
            }
        }
        catch (Exception error) when (error is BorgRepositoryException or IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // Closed or rolled back by another runspace meanwhile, or the medium is gone.
        }

        return found;
    }
}
