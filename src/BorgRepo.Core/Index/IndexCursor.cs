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
