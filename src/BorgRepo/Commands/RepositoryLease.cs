using BorgRepo.Core;
using BorgRepo.Core.Remote;

namespace BorgRepo.Commands;

/// <summary>A repository for the use of one cmdlet: lent by an open session, or opened for the cmdlet alone.</summary>
internal sealed class RepositoryLease : IDisposable
{
    private readonly IDisposable _end;
    private CancellationTokenRegistration _interruption;

    private RepositoryLease(IObjectRepository objects, object source, IDisposable end)
    {
        Objects = objects;
        Source = source;
        _end = end;
    }

    /// <summary>The repository, here or behind a server.</summary>
    public IObjectRepository Objects { get; }

    /// <summary>The engine on the files of a repository here.</summary>
    /// <exception cref="InputException">The repository is behind a server.</exception>
    public Repository Engine => Objects as Repository ?? throw InputException.NeedsFiles(Objects.Path);

    /// <summary>The repository, if it is behind a server; else null.</summary>
    public RemoteRepository? Remote => Objects as RemoteRepository;

    /// <summary>What the objects that are emitted refer back to: the session, or the path.</summary>
    public object Source { get; }

    /// <summary>True if the repository was opened for the cmdlet alone.</summary>
    public bool IsOwned => ReferenceEquals(_end, Objects);

    /// <summary>Lent by a session; its end ends the lending only.</summary>
    public static RepositoryLease OfSession(IObjectRepository objects, BorgRepository session, IDisposable lending) =>
        new(objects, session, lending);

    /// <summary>Opened for the cmdlet; its end closes it and undoes what was not committed.</summary>
    public static RepositoryLease Owned(Repository engine) => new(engine, engine.Path, engine);

    /// <summary>Opened for the cmdlet behind a server; a stop breaks the connection, whatever waits for it.</summary>
    public static RepositoryLease Owned(RemoteRepository remote, CancellationToken stopped) => new(remote, remote.Path, remote)
    {
        _interruption = stopped.UnsafeRegister(static it => ((RemoteRepository)it!).Interrupt(), remote),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _interruption.Dispose();
        _end.Dispose();
    }
}
