using System.Collections;
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
    private readonly BitArray _met = new(index.BucketCount);
    private readonly Dictionary<ObjectId, EntryLocation> _pending = [];
    private readonly Dictionary<uint, long> _useCounts = [];

    /// <summary>Current objects according to the log.</summary>
    public int ObjectCount { get; private set; }

    /// <summary>Objects whose newest PUT is not where the index says.</summary>
    public IReadOnlyDictionary<ObjectId, EntryLocation> Pending => _pending;

    /// <summary>How many current objects each segment holds according to the log.</summary>
    public IReadOnlyDictionary<uint, long> UseCounts => _useCounts;

    /// <summary>Takes in one entry.</summary>
    public void Apply(uint segment, in SegmentEntry entry)
    {
        switch (entry.Tag)
        {
            case EntryTag.Put:
                Put(segment, entry);
                break;
            case EntryTag.Delete:
                Forget(entry.Id);
                break;
            default:
                break;
        }
    }

    /// <summary>True if the log confirms the index entry of an object.</summary>
    public bool IsMet(in ObjectId id) => index.TryLocate(id, out _, out int bucket) && _met[bucket];

    private void Put(uint segment, in SegmentEntry entry)
    {
        EntryLocation here = new(segment, entry.Offset);
        if (index.TryLocate(entry.Id, out EntryLocation stored, out int bucket) && stored == here)
        {
            if (_pending.Count > 0 && _pending.Remove(entry.Id, out EntryLocation older))
            {
                Release(older.Segment);
            }

            _met[bucket] = true;
        }
        else
        {
            Forget(entry.Id, bucket);
            _pending[entry.Id] = here;
        }

        ObjectCount++;
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_useCounts, segment, out _)++;
    }

    private void Forget(in ObjectId id) => Forget(id, index.TryLocate(id, out _, out int bucket) ? bucket : -1);

    private void Forget(in ObjectId id, int bucket)
    {
        if (bucket >= 0 && _met[bucket])
        {
            _met[bucket] = false;
            index.TryGet(id, out EntryLocation stored);
            Release(stored.Segment);
        }
        else if (_pending.Count > 0 && _pending.Remove(id, out EntryLocation older))
        {
            Release(older.Segment);
        }
    }

    private void Release(uint segment)
    {
        ObjectCount--;
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_useCounts, segment, out _)--;
    }
}
