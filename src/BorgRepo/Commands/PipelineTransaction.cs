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
            lent.Engine.BeginTransaction(cmdlet.Stopped);
            lent.Engine.Put(id, value);
            cmdlet.WriteObject(new BorgObject(lent.Source, lent.Engine.Find(id)));
            return;
        }

        RepositoryLease repository = Open(target);
        repository.Engine.BeginTransaction(cmdlet.Stopped);
        repository.Engine.Put(id, value);
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
            lent.Engine.BeginTransaction(cmdlet.Stopped);
            lent.Engine.Delete(id);
            return;
        }

        RepositoryLease repository = Open(target);
        repository.Engine.BeginTransaction(cmdlet.Stopped);
        repository.Engine.Delete(id);
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
            _stored[i] = (repository, repository.Engine.Find(info.Id));
        }

        // Closed before anything is emitted: a cmdlet that gets the objects may want the lock.
        _opened.Dispose();
        foreach ((RepositoryLease repository, ObjectInfo info) in _stored)
        {
            cmdlet.WriteObject(new BorgObject(repository.Source, info));
        }
    }

    /// <summary>Undoes what is not committed.</summary>
    public void Dispose() => _opened.Dispose();

    private void Commit(RepositoryLease repository)
    {
        cmdlet.CurrentItem = repository.Engine.Path;
        try
        {
            repository.Engine.Commit(null, cmdlet.Stopped);
        }
        catch (IndexSaveException error)
        {
            // Everything is stored; only the next open will take longer.
            cmdlet.WriteWarning(error.Message);
        }
    }
}
