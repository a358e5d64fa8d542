using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Storage;

/// <summary>Open read handles of segments; the ones used last are kept.</summary>
/// <remarks>
/// Thread-safe. A handle in use is never closed: dropping or evicting it takes effect when its last lease ends. Handles
/// that nobody used for four minutes are closed, because network file systems forget them (ESTALE).
/// </remarks>
public sealed class HandleCache : IDisposable
{
    private const int SmallestCapacity = 8;
    private static readonly TimeSpan s_idleLimit = TimeSpan.FromSeconds(240);
    private static readonly TimeSpan s_sweepInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, HandleEntry> _entries = [];
    private readonly LinkedList<HandleEntry> _byUse = new();
    private readonly IFileSystem _fileSystem;
    private readonly TimeProvider _time;
    private readonly Func<uint, string> _pathOf;
    private int _capacity;
    private long _lastSweep;
    private long _generation;
    private bool _isDisposed;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="fileSystem">Where the segments are.</param>
    /// <param name="time">Measures how long a handle is unused.</param>
    /// <param name="pathOf">Path of a segment by its number.</param>
    /// <param name="capacity">Most handles kept. Becomes smaller when the platform allows fewer open files.</param>
    public HandleCache(IFileSystem fileSystem, TimeProvider time, Func<uint, string> pathOf, int capacity = 512)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(pathOf);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _fileSystem = fileSystem;
        _time = time;
        _pathOf = pathOf;
        _capacity = capacity;
        _lastSweep = time.GetTimestamp();
    }

    /// <summary>Handles open now, in use or kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The handle of a segment, opened if need be.</summary>
    /// <exception cref="SegmentMissingException">There is no such file.</exception>
    public HandleLease Acquire(uint segment)
    {
        while (true)
        {
            long generation;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                long now = _time.GetTimestamp();
                Sweep(now);
                if (_byUse.First?.Value is { } latest && latest.Segment == segment)
                {
                    return Lease(latest, now);
                }
                if (_entries.TryGetValue(segment, out HandleEntry? known))
                {
                    return Lease(known, now);
                }
                generation = _generation;
            }
            // Outside of the lock: on a network this takes milliseconds, and other threads want other segments.
            IFile? opened = Open(segment);
            try
            {
                lock (_gate)
                {
                    // A drop since then may mean that the name is another file by now: numbers are used again after a
                    // rollback.
                    if (generation == _generation && !_isDisposed)
                    {
                        if (!_entries.TryGetValue(segment, out HandleEntry? entry))
                        {
                            entry = new HandleEntry(segment, opened);
                            opened = null;
                            _entries.Add(segment, entry);
                            _byUse.AddFirst(entry.Node);
                        }
                        HandleLease lease = Lease(entry, _time.GetTimestamp());
                        Evict(_capacity);
                        return lease;
                    }
                }
            }
            finally
            {
                opened?.Dispose();
            }
        }
    }

    /// <summary>Forgets the handle of one segment: its file is about to be deleted, replaced or cut.</summary>
    public void Drop(uint segment)
    {
        lock (_gate)
        {
            _generation++;
            if (_entries.TryGetValue(segment, out HandleEntry? entry))
            {
                Remove(entry);
            }
        }
    }

    /// <summary>Forgets all handles.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _generation++;
            foreach (HandleEntry entry in _entries.Values.ToArray())
            {
                Remove(entry);
            }
        }
    }

    /// <summary>Closes everything that is not in use, the rest when its use ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }
        Clear();
    }

    internal void Return(HandleEntry entry)
    {
        lock (_gate)
        {
            entry.Leases--;
            entry.LastUse = _time.GetTimestamp();
            if (entry.Leases > 0)
            {
                return;
            }
            if (entry.IsRemoved)
            {
                entry.File.Dispose();
            }
            else if (_entries.Count > _capacity)
            {
                Evict(_capacity);
            }
        }
    }

    private HandleLease Lease(HandleEntry entry, long now)
    {
        entry.Leases++;
        entry.LastUse = now;
        if (_byUse.First != entry.Node)
        {
            _byUse.Remove(entry.Node);
            _byUse.AddFirst(entry.Node);
        }
        return new HandleLease(this, entry);
    }

    private IFile Open(uint segment)
    {
        string path = _pathOf(segment);
        while (true)
        {
            try
            {
                return _fileSystem.Open(path, FileOpenKind.Read);
            }
            catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
            {
                throw new SegmentMissingException(segment, path);
            }
            catch (IOException error) when (FileSystemErrors.IsTooManyOpenFiles(error) && TryShrink())
            {
                // Give some back and try again; the limit is whatever the platform lets us have.
            }
        }
    }

    private bool TryShrink()
    {
        lock (_gate)
        {
            int before = _entries.Count;
            int half = Math.Max(SmallestCapacity, before / 2);
            _capacity = Math.Min(_capacity, half);
            Evict(Math.Min(_capacity, before - 1));
            return _entries.Count < before;
        }
    }

    private void Evict(int limit)
    {
        LinkedListNode<HandleEntry>? node = _byUse.Last;
        while (_entries.Count > limit && node is not null)
        {
            LinkedListNode<HandleEntry>? next = node.Previous;
            if (node.Value.Leases == 0)
            {
                Remove(node.Value);
            }
            node = next;
        }
    }

    private void Sweep(long now)
    {
        if (_time.GetElapsedTime(_lastSweep, now) < s_sweepInterval)
        {
            return;
        }
        _lastSweep = now;
        LinkedListNode<HandleEntry>? node = _byUse.Last;
        while (node is not null)
        {
            LinkedListNode<HandleEntry>? next = node.Previous;
            if (node.Value.Leases == 0 && _time.GetElapsedTime(node.Value.LastUse, now) > s_idleLimit)
            {
                Remove(node.Value);
            }
            node = next;
        }
    }

    private void Remove(HandleEntry entry)
    {
        _entries.Remove(entry.Segment);
        _byUse.Remove(entry.Node);
        entry.IsRemoved = true;
        if (entry.Leases == 0)
        {
            entry.File.Dispose();
        }
    }
}
