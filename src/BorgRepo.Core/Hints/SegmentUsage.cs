using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Hints;

/// <summary>
/// What the segments hold: for each the number of current PUTs (use count) and the bytes that compaction would free, for
/// each key the segments with superseded PUTs of it, and the bytes that count against the quota.
/// </summary>
/// <remarks>
/// All of it is estimate and memory, never truth: counts may be wrong or negative, segments may be gone, others missing
/// (old releases and crashes leave such hints behind). Nothing here fails on that; whoever unlinks a segment asks the index.
/// All maps keep the order of insertion, as the file does. Not thread-safe.
/// </remarks>
public sealed class SegmentUsage : IHintsSource, IHintsSink
{
    private readonly InsertionOrderedMap<uint, long> _useCounts = new();
    private readonly InsertionOrderedMap<uint, long> _freeable = new();
    private readonly InsertionOrderedMap<ObjectId, ShadowedPuts> _shadows = new();
    private readonly List<uint> _segmentsToMeasure = [];

    /// <summary>Bytes of all PUT entries in the log. Negative after hints of borg 1.0 were taken over: they have no such number.</summary>
    public long QuotaUse { get; set; }

    /// <summary>Version of the hints file that this was loaded from; null if it was made anew.</summary>
    public int? HintsVersion { get; internal set; }

    /// <summary>
    /// Segments that hints of borg 1.0 list as compactable, without saying how many bytes that would free: ascending, each
    /// already among <see cref="Freeable"/> with 0 bytes. Whoever loads such hints measures them and sets the numbers.
    /// </summary>
    public IReadOnlyList<uint> SegmentsToMeasure => _segmentsToMeasure;

    /// <summary>Segments with the number of current PUTs in each, in the order of insertion. Not to be changed while walking.</summary>
    public IReadOnlyCollection<KeyValuePair<uint, long>> UseCounts => _useCounts;

    /// <summary>Segments with the bytes that compaction would free in each, in the order of insertion. Not to be changed while walking.</summary>
    public IReadOnlyCollection<KeyValuePair<uint, long>> Freeable => _freeable;

    /// <summary>Keys with the segments of their superseded PUTs, in the order of insertion. Not to be changed while walking.</summary>
    public IReadOnlyCollection<KeyValuePair<ObjectId, ShadowedPuts>> SupersededPuts => _shadows;

    /// <summary>Makes a segment known, with no use so far; a known one is left alone.</summary>
    public void Track(uint segment) => _useCounts.GetOrAdd(segment);

    /// <summary>Makes a segment known and its use count 0: replay counts it from the start.</summary>
    public void ResetUse(uint segment) => _useCounts.GetOrAdd(segment) = 0;

    /// <summary>True if the segment has a use count.</summary>
    public bool IsTracked(uint segment) => _useCounts.ContainsKey(segment);

    /// <summary>The number of current PUTs in a segment; 0 for an unknown one.</summary>
    public long GetUseCount(uint segment) => _useCounts.TryGetValue(segment, out long count) ? count : 0;

    /// <summary>Counts one more current PUT, or several, in a segment.</summary>
    public void AddUse(uint segment, int count = 1) => _useCounts.GetOrAdd(segment) += count;

    /// <summary>Counts one current PUT less. An unknown segment stays unknown: the index may point into one that is long gone.</summary>
    public void ReleaseUse(uint segment)
    {
        ref long count = ref _useCounts.Find(segment);
        if (!Unsafe.IsNullRef(ref count))
        {
            count--;
        }
    }

    /// <summary>Adds to the bytes that compaction would free in a segment.</summary>
    public void AddFreeable(uint segment, long bytes) => _freeable.GetOrAdd(segment) += bytes;

    /// <summary>Sets the bytes that compaction would free in a segment.</summary>
    public void SetFreeable(uint segment, long bytes) => _freeable.GetOrAdd(segment) = bytes;

    /// <summary>The bytes that compaction would free in a segment.</summary>
    /// <returns>False if the segment is not marked as compactable.</returns>
    public bool TryGetFreeable(uint segment, out long bytes) => _freeable.TryGetValue(segment, out bytes);

    /// <summary>Takes a segment off the compactable ones.</summary>
    public void ForgetFreeable(uint segment) => _freeable.Remove(segment);

    /// <summary>Takes off a segment that exists no more: its use count and its freeable bytes.</summary>
    public void Forget(uint segment)
    {
        _useCounts.Remove(segment);
        _freeable.Remove(segment);
    }

    /// <summary>Records that a PUT of a key in a segment was superseded.</summary>
    public void AddShadow(in ObjectId id, uint segment)
    {
        ref ShadowedPuts list = ref _shadows.GetOrAdd(id);
        list = list.With(segment);
    }

    /// <summary>The segments with superseded PUTs of a key.</summary>
    /// <returns>False if nothing is known of the key, which is not the same as an empty list.</returns>
    public bool TryGetShadow(in ObjectId id, out ShadowedPuts list) => _shadows.TryGetValue(id, out list);

    /// <summary>Records that one superseded PUT of a key in a segment is gone. The list stays, even if nothing is left in it.</summary>
    public void RemoveShadow(in ObjectId id, uint segment)
    {
        ref ShadowedPuts list = ref _shadows.Find(id);
        if (!Unsafe.IsNullRef(ref list))
        {
            list = list.Without(segment);
        }
    }

    /// <summary>Forgets what is known of a key: from here on its DELETE entries are kept.</summary>
    public void ForgetShadow(in ObjectId id) => _shadows.Remove(id);

    /// <summary>An independent copy, for calculations that must not change this one.</summary>
    public SegmentUsage Clone()
    {
        SegmentUsage copy = new() { QuotaUse = QuotaUse, HintsVersion = HintsVersion };
        foreach ((uint segment, long count) in _useCounts)
        {
            copy._useCounts.GetOrAdd(segment) = count;
        }

        foreach ((uint segment, long bytes) in _freeable)
        {
            copy.SetFreeable(segment, bytes);
        }

        foreach ((ObjectId id, ShadowedPuts list) in _shadows)
        {
            copy.SetShadow(id, list.ToArray());
        }

        return copy;
    }

    /// <summary>
    /// Takes off superseded PUTs in segments above a committed transaction: an aborted one recorded them. A key of which
    /// nothing else was known is forgotten, for an empty list would promise that no older PUT is left.
    /// </summary>
    public void DropShadowsAbove(uint transaction)
    {
        List<KeyValuePair<ObjectId, ShadowedPuts>> affected = [.. _shadows.Where(pair => pair.Value.AnyAbove(transaction))];
        foreach ((ObjectId id, ShadowedPuts list) in affected)
        {
            uint[] kept = [.. list.ToArray().Where(segment => segment <= transaction)];
            if (kept.Length == 0)
            {
                _shadows.Remove(id);
            }
            else
            {
                SetShadow(id, kept);
            }
        }
    }

    /// <inheritdoc/>
    void IHintsSink.SetUseCount(uint segment, long count) => _useCounts.GetOrAdd(segment) = count;

    /// <inheritdoc/>
    void IHintsSink.SetFreeableBytes(uint segment, long bytes) => SetFreeable(segment, bytes);

    /// <inheritdoc/>
    void IHintsSink.SetCompactable(ReadOnlySpan<uint> segments)
    {
        foreach (uint segment in segments)
        {
            _segmentsToMeasure.Add(segment);
            SetFreeable(segment, 0);
        }
    }

    /// <inheritdoc/>
    void IHintsSink.SetQuotaUse(long bytes) => QuotaUse = bytes;

    /// <inheritdoc/>
    void IHintsSink.ExpectShadows(int count) => _shadows.Reserve(count);

    /// <inheritdoc/>
    void IHintsSink.SetShadow(in ObjectId id, ReadOnlySpan<uint> segments) => SetShadow(id, segments);

    private void SetShadow(in ObjectId id, ReadOnlySpan<uint> segments)
    {
        ref ShadowedPuts list = ref _shadows.GetOrAdd(id);
        list = default;
        foreach (uint segment in segments)
        {
            list = list.With(segment);
        }
    }
}
