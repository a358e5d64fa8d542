using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Index;

/// <summary>
/// Which objects exist and where their PUT entries stand: an open-addressing hash table whose memory is the index file.
/// It grows, shrinks and rebuilds itself exactly when borg's does, so that files of both are alike.
/// </summary>
/// <remarks>
/// Any number of threads may look keys up at once as long as none changes the index; whoever changes it must be alone.
/// borg moves a key into a tombstone that its lookup passed; lookups here change nothing, which is what makes that possible.
/// </remarks>
public sealed unsafe class HashIndex : IDisposable
{
    /// <summary>Tables beyond this are rebuilt in place, so that the old and the new one never need memory at once.</summary>
    private const long InPlaceFileSize = 64 << 20;

    private readonly long _inPlaceFileSize;
    private BucketTable _table;
    private int _count;
    private int _empty;
    private int _upperLimit;
    private int _lowerLimit;
    private int _minEmpty;
    private int _smallestBucketCount;
    private bool _isDisposed;

    /// <summary>Makes an empty index.</summary>
    /// <param name="capacity">Number of entries to make room for. The table does not shrink below it before <see cref="Trim"/>.</param>
    public HashIndex(long capacity = 0)
        : this(capacity, InPlaceFileSize)
    {
    }

    /// <summary>Makes an empty index that is rebuilt in place from another size on.</summary>
    internal HashIndex(long capacity, long inPlaceFileSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _inPlaceFileSize = inPlaceFileSize;
        IndexMemory memory = new(IndexFormat.BucketCountFor(capacity));
        Adopt(memory);
        _table.Clear();
        _empty = memory.BucketCount;
        _smallestBucketCount = memory.BucketCount;
    }

    /// <summary>Takes over a table that was read from a file.</summary>
    /// <param name="memory">The table; the index becomes its owner.</param>
    /// <param name="count">Its used buckets, counted.</param>
    /// <param name="empty">Its EMPTY buckets, counted.</param>
    internal HashIndex(IndexMemory memory, int count, int empty)
    {
        _inPlaceFileSize = InPlaceFileSize;
        Adopt(memory);
        _count = count;
        _empty = empty;
        if (_empty < _minEmpty)
        {
            MakeRoom();
        }
    }

    /// <summary>Number of entries.</summary>
    public int Count => _count;

    /// <summary>Number of buckets.</summary>
    public int BucketCount => _table.BucketCount;

    /// <summary>Length of the file that this index makes.</summary>
    public long FileSize => IndexFormat.FileSize(BucketCount);

    /// <summary>True after <see cref="Dispose"/>.</summary>
    internal bool IsDisposed => _isDisposed;

    /// <summary>The block in use; another one after a rebuild that copied.</summary>
    internal IndexMemory Memory => _table.Memory;

    /// <summary>Looks a key up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryGet(in ObjectId id, out EntryLocation location)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        byte* bucket = _table.Find(id);
        bool found = bucket != null;
        location = found ? BucketTable.LocationOf(bucket) : default;
        GC.KeepAlive(this);
        return found;
    }

    /// <summary>Looks a key up and tells its bucket, a number below <see cref="BucketCount"/> that stays until the next change.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryLocate(in ObjectId id, out EntryLocation location, out int bucketNumber)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        byte* bucket = _table.Find(id);
        bool found = bucket != null;
        location = found ? BucketTable.LocationOf(bucket) : default;
        bucketNumber = found ? (int)_table.PositionOf(bucket) : -1;
        GC.KeepAlive(this);
        return found;
    }

    /// <summary>
    /// Says that a key will be looked up soon. A table that is larger than the processor's cache is waited for at every
    /// lookup; whoever knows the next dozen keys lets the waits overlap.
    /// </summary>
    public void Prefetch(in ObjectId id)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _table.Prefetch(id.HashPrefix);
        GC.KeepAlive(this);
    }

    /// <summary>True if the key is there.</summary>
    public bool Contains(in ObjectId id) => TryGet(id, out _);

    /// <summary>Inserts a key, or changes where its entry stands.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The segment's number is beyond what the format can hold.</exception>
    public void Set(in ObjectId id, EntryLocation location) => Exchange(id, location, out _);

    /// <summary>Inserts a key, or changes where its entry stands and tells where it stood.</summary>
    /// <returns>True if the key was there.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The segment's number is beyond what the format can hold.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Exchange(in ObjectId id, EntryLocation location, out EntryLocation old)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (location.Segment > IndexFormat.MaxSegment)
        {
            throw new ArgumentOutOfRangeException(nameof(location), location.Segment, "The index cannot hold segment numbers this high.");
        }

        byte* bucket = _table.FindOrPlace(id, out bool isThere);
        old = isThere ? BucketTable.LocationOf(bucket) : default;
        if (!isThere)
        {
            bucket = Claim(id, bucket);
        }

        BucketTable.SetLocation(bucket, location);
        GC.KeepAlive(this);
        return isThere;
    }

    /// <summary>Takes a key out.</summary>
    /// <returns>False if it was not there.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Remove(in ObjectId id, out EntryLocation old)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        byte* bucket = _table.Find(id);
        if (bucket == null)
        {
            old = default;
            return false;
        }

        old = BucketTable.LocationOf(bucket);
        BucketTable.Bury(bucket);
        _count--;
        if (_count < _lowerLimit && BucketCount > _smallestBucketCount)
        {
            Rebuild(IndexFormat.SmallerBucketCount(BucketCount));
        }

        GC.KeepAlive(this);
        return true;
    }

    /// <summary>Gives up room that was made for more entries than came.</summary>
    public void Trim()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _smallestBucketCount = 0;
        if (_count < _lowerLimit)
        {
            Rebuild(IndexFormat.BucketCountFor(_count));
        }
    }

    /// <summary>Walks all entries in the order of their buckets.</summary>
    public IndexCursor Enumerate()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new IndexCursor(this, _table, 0);
    }

    /// <summary>Walks the entries behind a key in the order of their buckets.</summary>
    /// <returns>False if the key is not there.</returns>
    public bool TryEnumerateAfter(in ObjectId marker, [NotNullWhen(true)] out IndexCursor? cursor)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        byte* bucket = _table.Find(marker);
        cursor = bucket == null ? null : new IndexCursor(this, _table, _table.PositionOf(bucket) + 1);
        return cursor is not null;
    }

    /// <summary>Frees the memory. Cursors that are still open end with an error at their next step.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _count = 0;
            _table.Memory.Dispose();
        }
    }

    /// <summary>Brings the header up to date before the block is written to a file.</summary>
    internal void WriteHeader() => IndexFormat.WriteHeader(Memory.Slice(0, IndexFormat.HeaderSize), _count, BucketCount);

    /// <summary>Makes a bucket the one of a new key.</summary>
    /// <remarks>Whenever the table was rebuilt on the way, the bucket found before is void and the key probes again.</remarks>
    private byte* Claim(in ObjectId id, byte* bucket)
    {
        if (_count > _upperLimit && IndexFormat.LargerBucketCount(BucketCount) > BucketCount)
        {
            Rebuild(IndexFormat.LargerBucketCount(BucketCount));
            bucket = _table.FindOrPlace(id, out _);
        }

        if (bucket == null || (_empty <= _minEmpty && BucketTable.SegmentOf(bucket) == IndexFormat.EmptyMarker))
        {
            MakeRoom();
            bucket = _table.FindOrPlace(id, out _);
        }

        if (bucket == null)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The index is full: the format ends at {_count} entries."));
        }

        if (BucketTable.SegmentOf(bucket) == IndexFormat.EmptyMarker)
        {
            _empty--;
        }

        BucketTable.SetId(bucket, id);
        _count++;
        return bucket;
    }

    /// <summary>Makes EMPTY buckets out of tombstones, or takes a larger table if it is entries that fill this one.</summary>
    private void MakeRoom()
    {
        int bucketCount = BucketCount;
        while (bucketCount - _count <= IndexFormat.MinEmpty(bucketCount) && IndexFormat.LargerBucketCount(bucketCount) > bucketCount)
        {
            bucketCount = IndexFormat.LargerBucketCount(bucketCount);
        }

        if (bucketCount > BucketCount || _count + _empty < bucketCount)
        {
            Rebuild(bucketCount);
        }
    }

    private void Rebuild(int bucketCount)
    {
        long fileSize = IndexFormat.FileSize(Math.Max(bucketCount, BucketCount));
        if (fileSize > _inPlaceFileSize && !Memory.IsBorrowed)
        {
            IndexMemory memory = Memory;
            Rehash.InPlace(memory, bucketCount);
            Adopt(memory);
        }
        else
        {
            IndexMemory old = Memory;
            Adopt(Rehash.Copied(_table, bucketCount));
            old.Dispose();
        }

        _empty = bucketCount - _count;
    }

    private void Adopt(IndexMemory memory)
    {
        _table = new BucketTable(memory);
        _upperLimit = IndexFormat.UpperLimit(memory.BucketCount);
        _lowerLimit = IndexFormat.LowerLimit(memory.BucketCount);
        _minEmpty = IndexFormat.MinEmpty(memory.BucketCount);
    }
}
