using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BorgRepo.Core.Hints;

/// <summary>
/// A map that is walked in the order of insertion; a key that was removed and comes back goes to the end. Hints files are
/// written in this order, so it has to be that of borg's dictionaries for files to come out alike.
/// </summary>
/// <remarks>
/// Entries lie in one dense array, found by open addressing over their positions, so a key costs its entry and 5 to 11
/// bytes. Of a slot's 32 bits a position needs as many as the table has index bits; the others hold a part of the hash, so
/// that walking past other keys' slots does not fetch their entries. A removal leaves a hole, holes are closed when the
/// array is full: nothing is O(n) but that, amortised away. Not thread-safe.
/// </remarks>
internal sealed class InsertionOrderedMap<TKey, TValue> : IReadOnlyCollection<KeyValuePair<TKey, TValue>>
    where TKey : unmanaged, IEquatable<TKey>
{
    // Both stand for positions that entries never have, since they fill three quarters of the slots at most.
    private const uint Free = uint.MaxValue;
    private const uint Removed = uint.MaxValue - 1;
    private const int SmallestSlotCount = 8;

    private Entry[] _entries = [];
    private uint[] _slots = [];
    private int _used;
    private int _holes;
    private int _version;

    /// <summary>Number of keys.</summary>
    public int Count => _used - _holes;

    /// <summary>Number of keys that fit before the arrays are rebuilt.</summary>
    public int Capacity => _entries.Length;

    /// <summary>Looks a key up.</summary>
    public bool TryGetValue(in TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        int slot = FindSlot(key);
        value = slot < 0 ? default : _entries[PositionIn(slot)].Value;
        return slot >= 0;
    }

    /// <summary>True if the key is there.</summary>
    public bool ContainsKey(in TKey key) => FindSlot(key) >= 0;

    /// <summary>The value of a key in place, or a null reference; valid until the next insertion or removal.</summary>
    public ref TValue Find(in TKey key)
    {
        int slot = FindSlot(key);
        return ref slot < 0 ? ref Unsafe.NullRef<TValue>() : ref _entries[PositionIn(slot)].Value;
    }

    /// <summary>The value of a key in place, inserted with the default value if need be; valid until the next insertion or removal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ref TValue GetOrAdd(in TKey key)
    {
        ref TValue value = ref Find(key);
        if (!Unsafe.IsNullRef(ref value))
        {
            return ref value;
        }

        if (_used == _entries.Length)
        {
            // A quarter more at least, so that this is rare.
            Rebuild(Count + (Count / 4) + 1);
        }

        Occupy(key, _used);
        _version++;
        ref Entry entry = ref _entries[_used++];
        entry = new Entry(key);
        return ref entry.Value;
    }

    /// <summary>Makes room for a number of keys in all.</summary>
    public void Reserve(int count)
    {
        if (count > _entries.Length)
        {
            Rebuild(count);
        }
    }

    /// <summary>Takes a key out.</summary>
    /// <returns>False if it was not there.</returns>
    public bool Remove(in TKey key)
    {
        int slot = FindSlot(key);
        if (slot < 0)
        {
            return false;
        }

        _entries[PositionIn(slot)] = default;
        _slots[slot] = Removed;
        _holes++;
        _version++;
        if (_holes == _used)
        {
            Clear();
        }

        return true;
    }

    /// <summary>Walks the pairs in the order of insertion.</summary>
    /// <exception cref="InvalidOperationException">A key was inserted or removed meanwhile.</exception>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator()
    {
        int version = _version;
        for (int i = 0; i < _used; i++)
        {
            if (_entries[i].IsUsed)
            {
                yield return new KeyValuePair<TKey, TValue>(_entries[i].Key, _entries[i].Value);
                if (version != _version)
                {
                    throw new InvalidOperationException("The map was changed while it was walked.");
                }
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The hash, spread: the upper half tells the slot, the lower half what stands in it besides the position.</summary>
    private static ulong Mix(in TKey key)
    {
        // The low bits of segment numbers and of chosen object ids are far from random; those of the product are not.
        return (uint)key.GetHashCode() * 0x9E37_79B9_7F4A_7C15UL;
    }

    private uint PositionIn(int slot) => _slots[slot] & ((uint)_slots.Length - 1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FindSlot(in TKey key)
    {
        if (Count == 0)
        {
            return -1;
        }

        uint mask = (uint)_slots.Length - 1;
        ulong mixed = Mix(key);
        uint tag = (uint)mixed & ~mask;
        for (uint slot = (uint)(mixed >> 32) & mask; _slots[slot] != Free; slot = (slot + 1) & mask)
        {
            uint position = _slots[slot] & mask;
            if ((_slots[slot] & ~mask) == tag && position < (uint)_used && _entries[position].Key.Equals(key))
            {
                return (int)slot;
            }
        }

        return -1;
    }

    private void Occupy(in TKey key, int position)
    {
        uint mask = (uint)_slots.Length - 1;
        ulong mixed = Mix(key);
        uint slot = (uint)(mixed >> 32) & mask;
        while (_slots[slot] < Removed)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = ((uint)mixed & ~mask) | (uint)position;
    }

    /// <summary>Closes the holes, and takes larger arrays unless they were many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Rebuild(int needed)
    {
        // A slot array of 2^n takes 3/4 of that in entries. Removed slots are among them: each took an entry's place once.
        int slotCount = Math.Max(SmallestSlotCount, _slots.Length);
        while (CapacityOf(slotCount) < needed)
        {
            slotCount = checked(slotCount * 2);
        }

        Entry[] source = _entries;
        int used = _used;
        if (slotCount != _slots.Length)
        {
            _slots = new uint[slotCount];
            _entries = new Entry[CapacityOf(slotCount)];
        }

        Array.Fill(_slots, Free);
        _used = 0;
        _holes = 0;
        for (int i = 0; i < used; i++)
        {
            if (source[i].IsUsed)
            {
                Occupy(source[i].Key, _used);
                _entries[_used++] = source[i];
            }
        }

        Array.Clear(_entries, _used, Math.Max(0, Math.Min(used, _entries.Length) - _used));
    }

    private static int CapacityOf(int slotCount) => (int)(slotCount * 3L / 4);

    private void Clear()
    {
        _entries = [];
        _slots = [];
        _used = 0;
        _holes = 0;
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Entry(TKey key)
    {
        public readonly TKey Key = key;
        public readonly bool IsUsed = true;
        public TValue Value = default!;
    }
}
