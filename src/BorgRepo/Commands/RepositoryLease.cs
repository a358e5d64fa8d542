using BorgRepo.Core;

namespace BorgRepo.Commands;

/// <summary>A repository for the use of one cmdlet: lent by an open session, or opened for the cmdlet alone.</summary>
internal sealed class RepositoryLease : IDisposable
{
    private readonly IDisposable _end;

    private RepositoryLease(Repository engine, object source, IDisposable end)
    {
        Engine = engine;
        Source = source;
        _end = end;
    }

    /// <summary>The engine.</summary>
    public Repository Engine { get; }

    /// <summary>What the objects that are emitted refer back to: the session, or the path.</summary>
    public object Source { get; }

    /// <summary>True if the repository was opened for the cmdlet alone.</summary>
    public bool IsOwned => ReferenceEquals(_end, Engine);

    /// <summary>Lent by a session; its end ends the lending only.</summary>
    public static RepositoryLease OfSession(Repository engine, BorgRepository session, IDisposable lending) =>
        new(engine, session, lending);

    /// <summary>Opened for the cmdlet; its end closes it and undoes what was not committed.</summary>
    public static RepositoryLease Owned(Repository engine) => new(engine, engine.Path, engine);

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();
}
