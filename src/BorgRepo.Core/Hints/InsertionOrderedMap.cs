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
/// bytes. A removal leaves a hole, holes are closed when the array is full: nothing is O(n) but that, amortised away.
/// Not thread-safe.
/// </remarks>
internal sealed class InsertionOrderedMap<TKey, TValue> : IReadOnlyCollection<KeyValuePair<TKey, TValue>>
    where TKey : unmanaged, IEquatable<TKey>
{
    private const int Free = -1;
    private const int Removed = -2;
    private const int SmallestSlotCount = 8;

    private Entry[] _entries = [];
    private int[] _slots = [];
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
        value = slot < 0 ? default : _entries[_slots[slot]].Value;
        return slot >= 0;
    }

    /// <summary>True if the key is there.</summary>
    public bool ContainsKey(in TKey key) => FindSlot(key) >= 0;

    /// <summary>The value of a key in place, or a null reference; valid until the next insertion or removal.</summary>
    public ref TValue Find(in TKey key)
    {
        int slot = FindSlot(key);
        return ref slot < 0 ? ref Unsafe.NullRef<TValue>() : ref _entries[_slots[slot]].Value;
    }

    /// <summary>The value of a key in place, inserted with the default value if need be; valid until the next insertion or removal.</summary>
    public ref TValue GetOrAdd(in TKey key)
    {
        ref TValue value = ref Find(key);
        if (!Unsafe.IsNullRef(ref value))
        {
            return ref value;
        }

        if (_used == _entries.Length)
        {
            Rebuild();
        }

        uint mask = (uint)_slots.Length - 1;
        uint slot = Home(key, mask);
        while (_slots[slot] >= 0)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = _used;
        _version++;
        ref Entry entry = ref _entries[_used++];
        entry = new Entry(key);
        return ref entry.Value;
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

        _entries[_slots[slot]] = default;
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

    private static uint Home(in TKey key, uint mask)
    {
        // The low bits of segment numbers and of chosen object ids are far from random; the product's high bits are not.
        ulong mixed = (uint)key.GetHashCode() * 0x9E37_79B9_7F4A_7C15UL;
        return (uint)(mixed >> 32) & mask;
    }

    private int FindSlot(in TKey key)
    {
        if (Count == 0)
        {
            return -1;
        }

        uint mask = (uint)_slots.Length - 1;
        uint slot = Home(key, mask);
        while (_slots[slot] != Free)
        {
            int position = _slots[slot];
            if (position >= 0 && _entries[position].Key.Equals(key))
            {
                return (int)slot;
            }

            slot = (slot + 1) & mask;
        }

        return -1;
    }

    /// <summary>Closes the holes, and takes larger arrays unless they were many.</summary>
    private void Rebuild()
    {
        // A slot array of 2^n takes 3/4 of that in entries. Removed slots are among them: each took an entry's place once.
        int needed = Count + (Count / 4) + 1;
        int slotCount = Math.Max(SmallestSlotCount, _slots.Length);
        while (CapacityOf(slotCount) < needed)
        {
            slotCount = checked(slotCount * 2);
        }

        Entry[] source = _entries;
        int used = _used;
        if (slotCount != _slots.Length)
        {
            _slots = new int[slotCount];
            _entries = new Entry[CapacityOf(slotCount)];
        }

        Array.Fill(_slots, Free);
        uint mask = (uint)slotCount - 1;
        _used = 0;
        _holes = 0;
        for (int i = 0; i < used; i++)
        {
            if (source[i].IsUsed)
            {
                uint slot = Home(source[i].Key, mask);
                while (_slots[slot] != Free)
                {
                    slot = (slot + 1) & mask;
                }

                _slots[slot] = _used;
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
