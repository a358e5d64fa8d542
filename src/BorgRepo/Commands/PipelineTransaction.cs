using BorgRepo.Core;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>
/// What a pipeline writes: one transaction in each repository that is named by path, committed at the end and undone if
/// the end is not reached. In an open session the changes join the session's own transaction instead.
/// </summary>
internal sealed class PipelineTransaction(ObjectCmdlet cmdlet) : IDisposable
{
    private readonly RepositoryPool _opened = new();

    // Where only ids came that are not there, there is nothing to commit, although a transaction was begun.
    private readonly HashSet<RepositoryLease> _changed = [];

    // Emitted only when they are on the disk. 56 bytes each, what the index takes for a new object too.
    private readonly List<(RepositoryLease Repository, ObjectInfo Info)> _stored = [];

    /// <summary>Stores a value. In an open session it is emitted at once.</summary>
    public void Put(RepositoryTarget target, in ObjectId id, ReadOnlySpan<byte> value)
    {
        if (target.Session is not null)
        {
            using RepositoryLease lent = cmdlet.Open(target, SessionAccess.Write);
            Begin(lent);
            lent.Objects.Put(id, value);
            cmdlet.WriteObject(Describe(lent, new ObjectInfo(id, default, value.Length)));
            return;
        }

        RepositoryLease repository = Open(target);
        Begin(repository);
        repository.Objects.Put(id, value);
        _changed.Add(repository);
        _stored.Add((repository, new ObjectInfo(id, default, value.Length)));
    }

    /// <summary>Removes an object.</summary>
    /// <exception cref="ObjectNotFoundException">There is none; the transaction goes on.</exception>
    public void Delete(RepositoryTarget target, in ObjectId id)
    {
        if (target.Session is not null)
        {
            using RepositoryLease lent = cmdlet.Open(target, SessionAccess.Write);
            Begin(lent);
            lent.Objects.Delete(id);
            return;
        }

        RepositoryLease repository = Open(target);
        Begin(repository);
        repository.Objects.Delete(id);
        _changed.Add(repository);
    }

    /// <summary>The repository as this transaction sees it, opened for writing.</summary>
    public RepositoryLease Open(RepositoryTarget target) =>
        _opened.Get(target.Path, () => cmdlet.Open(target, SessionAccess.Write));

    /// <summary>Commits, closes, and emits what is now stored.</summary>
    public void Complete()
    {
        foreach (RepositoryLease repository in _changed)
        {
            Commit(repository);
        }

        for (int i = 0; i < _stored.Count; i++)
        {
            (RepositoryLease repository, ObjectInfo info) = _stored[i];
            _stored[i] = (repository, repository.Objects is Repository here ? here.Find(info.Id) : info);
        }

        // Closed before anything is emitted: a cmdlet that gets the objects may want the lock.
        _opened.Dispose();
        foreach ((RepositoryLease repository, ObjectInfo info) in _stored)
        {
            cmdlet.WriteObject(repository.Remote is null
                ? new BorgObject(repository.Source, info)
                : new BorgObject(repository.Source, info.Id, info.Size));
        }
    }

    /// <summary>Undoes what is not committed.</summary>
    public void Dispose() => _opened.Dispose();

    private static BorgObject Describe(RepositoryLease repository, in ObjectInfo stored) => repository.Objects is Repository here
        ? new BorgObject(repository.Source, here.Find(stored.Id))
        : new BorgObject(repository.Source, stored.Id, stored.Size);

    // Here the wait for the lock and a replay end with Ctrl-C; a server begins by itself with the first change.
    private void Begin(RepositoryLease repository)
    {
        if (repository.Objects is Repository here)
        {
            here.BeginTransaction(cmdlet.Stopped);
        }
    }

    private void Commit(RepositoryLease repository)
    {
        cmdlet.CurrentItem = repository.Objects.Path;
        try
        {
            repository.Objects.Commit(null, cmdlet.Stopped);
        }
        catch (IndexSaveException error)
        {
            // Everything is stored; only the next open will take longer.
            cmdlet.WriteWarning(error.Message);
        }
    }
}
