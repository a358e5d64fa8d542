using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>
/// Which sessions of this process hold which locks. On the disk all of them are one and the same holder, so the disk
/// cannot keep them apart: this does.
/// </summary>
internal sealed class LockRegistry
{
    private readonly Lock _gate = new();
    private readonly Dictionary<LockKey, Holders> _holders = [];

    /// <summary>The one of this process: the only state that is not owned by a session.</summary>
    public static LockRegistry Process { get; } = new();

    /// <summary>Reserves the lock folder. False if another session has it; never waits.</summary>
    public bool TryTakeDirectory(in LockKey key, object session)
    {
        lock (_gate)
        {
            Holders holders = GetOrAdd(key);
            if (holders.DirectoryOwner is not null && holders.DirectoryOwner != session)
            {
                return false;
            }
            holders.DirectoryOwner = session;
            return true;
        }
    }

    /// <summary>Gives the lock folder back; nothing happens if the session does not have it.</summary>
    public void ReturnDirectory(in LockKey key, object session)
    {
        lock (_gate)
        {
            if (_holders.TryGetValue(key, out Holders? holders) && holders.DirectoryOwner == session)
            {
                holders.DirectoryOwner = null;
                RemoveIfUnused(key, holders);
            }
        }
    }

    /// <summary>Whether the session has the lock folder.</summary>
    public bool HasDirectory(in LockKey key, object session)
    {
        lock (_gate)
        {
            return _holders.TryGetValue(key, out Holders? holders) && holders.DirectoryOwner == session;
        }
    }

    /// <summary>Counts a session as a reader.</summary>
    public void AddReader(in LockKey key, object session)
    {
        lock (_gate)
        {
            GetOrAdd(key).Readers.Add(session);
        }
    }

    /// <summary>Removes a reader. False if it was none (any more).</summary>
    public bool RemoveReader(in LockKey key, object session)
    {
        lock (_gate)
        {
            if (!_holders.TryGetValue(key, out Holders? holders) || !holders.Readers.Remove(session))
            {
                return false;
            }
            RemoveIfUnused(key, holders);
            return true;
        }
    }

    /// <summary>Removes a reader if another one stays, who then stands for the entry on the disk.</summary>
    public bool RemoveReaderUnlessLast(in LockKey key, object session)
    {
        lock (_gate)
        {
            return _holders.TryGetValue(key, out Holders? holders) && holders.Readers.Count > 1 && holders.Readers.Remove(session);
        }
    }

    /// <summary>Number of sessions that read.</summary>
    public int CountReaders(in LockKey key)
    {
        lock (_gate)
        {
            return _holders.TryGetValue(key, out Holders? holders) ? holders.Readers.Count : 0;
        }
    }

    /// <summary>Forgets all holders of a repository: its lock was broken.</summary>
    public void Forget(IFileSystem fileSystem, string normalizedPath)
    {
        lock (_gate)
        {
            foreach (LockKey key in _holders.Keys.Where(k => k.FileSystem == fileSystem && k.Path == normalizedPath).ToArray())
            {
                _holders.Remove(key);
            }
        }
    }

    private Holders GetOrAdd(in LockKey key)
    {
        if (!_holders.TryGetValue(key, out Holders? holders))
        {
            holders = new Holders();
            _holders.Add(key, holders);
        }
        return holders;
    }

    private void RemoveIfUnused(in LockKey key, Holders holders)
    {
        if (holders.DirectoryOwner is null && holders.Readers.Count == 0)
        {
            _holders.Remove(key);
        }
    }

    private sealed class Holders
    {
        public object? DirectoryOwner { get; set; }

        public HashSet<object> Readers { get; } = new(ReferenceEqualityComparer.Instance);
    }
}
