using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Index;

/// <summary>
/// A walk over an index. The index may be changed meanwhile: keys that are there from the start of the walk to its end are
/// given exactly once, with the place that they have at that time; keys that come or go meanwhile may or may not be given.
/// </summary>
/// <remarks>
/// Entries never move inside a block. When the index is rebuilt into another one, the cursor goes on in the old block, which
/// nobody changes any more and which it keeps alive, and gives those keys that the index still has.
/// </remarks>
public sealed unsafe class IndexCursor : IDisposable
{
    private readonly HashIndex _index;
    private readonly BucketTable _table;
    private long _next;
    private bool _isReleased;

    internal IndexCursor(HashIndex index, in BucketTable table, long first)
    {
        _index = index;
        _table = table;
        _next = first;
        table.Memory.Borrow();
    }

    /// <summary>Gives the block back if <see cref="Dispose"/> was forgotten.</summary>
    ~IndexCursor() => Release();

    /// <summary>Goes on to the next entry.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool MoveNext(out ObjectId id, out EntryLocation location)
    {
        ObjectDisposedException.ThrowIf(_index.IsDisposed, _index);
        bool isReplaced = !ReferenceEquals(_index.Memory, _table.Memory);
        while (!_isReleased && _next < _table.BucketCount)
        {
            byte* bucket = _table.At(_next++);
            if (!BucketTable.IsUsed(bucket))
            {
                continue;
            }

            id = BucketTable.IdOf(bucket);
            location = BucketTable.LocationOf(bucket);
            if (!isReplaced || _index.TryGet(id, out location))
            {
                GC.KeepAlive(this);
                return true;
            }
        }

        Dispose();
        id = default;
        location = default;
        return false;
    }

    /// <summary>Goes on by as many entries as there is room for, and gives their keys.</summary>
    /// <returns>How many; fewer than there is room for only at the end.</returns>
    /// <exception cref="ObjectDisposedException">The index was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Fill(Span<ObjectId> ids)
    {
        ObjectDisposedException.ThrowIf(_index.IsDisposed, _index);
        int count = 0;
        if (!_isReleased && ReferenceEquals(_index.Memory, _table.Memory))
        {
            long next = _next;
            byte* end = _table.At(_table.BucketCount);
            for (byte* bucket = _table.At(next); bucket != end && count < ids.Length; bucket += IndexFormat.BucketSize, next++)
            {
                if (BucketTable.IsUsed(bucket))
                {
                    ids[count++] = BucketTable.IdOf(bucket);
                }
            }

            _next = next;
            GC.KeepAlive(this);
        }

        // The rest: nothing, or what has to be looked up one by one because the index was rebuilt meanwhile.
        while (count < ids.Length && MoveNext(out ObjectId id, out _))
        {
            ids[count++] = id;
        }

        return count;
    }

    /// <summary>Ends the walk.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (!_isReleased)
        {
            _isReleased = true;
            _table.Memory.GiveBack();
        }
    }
}
