using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;

namespace BorgRepo.Core.Checking;

/// <summary>
/// Compares the log with a stored index while the log is read, without a second index.
/// 1. A PUT that stands where the index says marks the index entry as met; its key is pending no more.
/// 2. Any other PUT makes its key pending: it must be superseded later, or the index is wrong. The mark is taken back.
/// 3. A DELETE takes both back.
/// At the end every index entry is met and no key is pending, or they differ; which way tells the kind.
/// </summary>
/// <remarks>Memory: the index, one bit a bucket, and the keys that are pending.</remarks>
internal sealed class LogComparison(HashIndex index)
{
    /// <summary>How many entries ahead the index is asked for: enough for its memory to answer meanwhile.</summary>
    private const int Lookahead = 12;

    private readonly BitArray _met = new(index.BucketCount);
    private readonly Dictionary<ObjectId, EntryLocation> _pending = [];
    private readonly Dictionary<uint, long> _useCounts = [];
    private int _metCount;

    /// <summary>Current objects according to the log.</summary>
    public int ObjectCount => _metCount + _pending.Count;

    /// <summary>True if log and index say the same of every object.</summary>
    public bool IsEqual => _metCount == index.Count && _pending.Count == 0;

    /// <summary>Objects whose newest PUT is not where the index says.</summary>
    public IReadOnlyDictionary<ObjectId, EntryLocation> Pending => _pending;

    /// <summary>How many current objects each segment holds according to the log.</summary>
    public IReadOnlyDictionary<uint, long> UseCounts => _useCounts;

    /// <summary>Takes in the next entries of a segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(uint segment, ReadOnlySpan<SegmentEntry> entries)
    {
        int puts = 0;
        for (int i = 0; i < entries.Length; i++)
        {
            if (i + Lookahead < entries.Length)
            {
                index.Prefetch(entries[i + Lookahead].Id);
            }

            ref readonly SegmentEntry entry = ref entries[i];
            if (entry.Tag == EntryTag.Put)
            {
                Put(segment, entry);
                puts++;
            }
            else if (entry.Tag == EntryTag.Delete)
            {
                Forget(entry.Id, index.TryLocate(entry.Id, out EntryLocation stored, out int bucket) ? bucket : -1, stored);
            }
        }

        AddUse(segment, puts);
    }

    /// <summary>True if the log confirms the index entry of an object.</summary>
    public bool IsMet(in ObjectId id) => index.TryLocate(id, out _, out int bucket) && _met[bucket];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Put(uint segment, in SegmentEntry entry)
    {
        EntryLocation here = new(segment, entry.Offset);
        bool isIndexed = index.TryLocate(entry.Id, out EntryLocation stored, out int bucket);
        if (isIndexed && stored == here)
        {
            if (_pending.Count > 0 && _pending.Remove(entry.Id, out EntryLocation older))
            {
                AddUse(older.Segment, -1);
            }

            _met[bucket] = true;
            _metCount++;
        }
        else
        {
            Forget(entry.Id, isIndexed ? bucket : -1, stored);
            _pending[entry.Id] = here;
        }
    }

    private void Forget(in ObjectId id, int bucket, EntryLocation stored)
    {
        if (bucket >= 0 && _met[bucket])
        {
            _met[bucket] = false;
            _metCount--;
            AddUse(stored.Segment, -1);
        }
        else if (_pending.Count > 0 && _pending.Remove(id, out EntryLocation older))
        {
            AddUse(older.Segment, -1);
        }
    }

    private void AddUse(uint segment, int count) => CollectionsMarshal.GetValueRefOrAddDefault(_useCounts, segment, out _) += count;
}
