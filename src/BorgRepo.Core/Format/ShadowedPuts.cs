using System.Diagnostics.CodeAnalysis;

namespace BorgRepo.Core.Format;

/// <summary>
/// The segments that still hold a superseded PUT of one key, in the order in which they were superseded; a segment stands
/// in it once for each such PUT. An empty list says that no older PUT is left; that is more than not knowing a key at all.
/// </summary>
/// <remarks>A view that is valid until the usage it came from is changed. Sixteen bytes for the usual one segment.</remarks>
[SuppressMessage("Performance", "CA1815", Justification = "A view is looked at, not compared.")]
public readonly struct ShadowedPuts
{
    private readonly uint[]? _list;
    private readonly uint _startOrSegment;
    private readonly uint _count;

    private ShadowedPuts(uint[]? list, uint startOrSegment, uint count)
    {
        _list = list;
        _startOrSegment = startOrSegment;
        _count = count;
    }

    /// <summary>Number of superseded PUTs.</summary>
    public int Count => (int)_count;

    /// <summary>True if no older PUT is left.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>The segment of one superseded PUT.</summary>
    public uint this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, _count, nameof(index));
            return _list is null ? _startOrSegment : _list[_startOrSegment + index];
        }
    }

    /// <summary>True if a superseded PUT stands in a segment before the given one.</summary>
    public bool AnyBelow(uint segment) => _list is null
        ? _count == 1 && _startOrSegment < segment
        : segment > 0 && Live.ContainsAnyInRange(0u, segment - 1);

    /// <summary>True if a superseded PUT stands in a segment before the given one that is not among those that go.</summary>
    public bool AnyBelow(uint segment, IReadOnlySet<uint> going)
    {
        if (!AnyBelow(segment))
        {
            return false;
        }

        for (int i = 0; i < Count; i++)
        {
            if (this[i] < segment && !going.Contains(this[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True if a superseded PUT stands in a segment after the given one.</summary>
    public bool AnyAbove(uint segment) => _list is null
        ? _count == 1 && _startOrSegment > segment
        : segment < uint.MaxValue && Live.ContainsAnyInRange(segment + 1, uint.MaxValue);

    /// <summary>True if a superseded PUT stands in the segment.</summary>
    public bool Contains(uint segment) => _list is null ? _count == 1 && _startOrSegment == segment : Live.Contains(segment);

    /// <summary>The segments as a new array.</summary>
    public uint[] ToArray() => _list is not null ? Live.ToArray() : _count == 0 ? [] : [_startOrSegment];

    /// <summary>The list with one more segment at its end. Reuses the memory of this one, which must not be used any more.</summary>
    internal ShadowedPuts With(uint segment)
    {
        if (_count == 0)
        {
            return new ShadowedPuts(null, segment, 1);
        }

        if (_list is null)
        {
            return new ShadowedPuts([_startOrSegment, segment, 0, 0], 0, 2);
        }

        uint[] list = _list;
        uint start = _startOrSegment;
        if (start + _count == list.Length)
        {
            // What was taken off at the front is used again only if that is at least half: else appending would cost a copy each.
            uint[] target = start >= list.Length / 2 ? list : new uint[list.Length * 2];
            Live.CopyTo(target);
            list = target;
            start = 0;
        }

        list[start + _count] = segment;
        return new ShadowedPuts(list, start, _count + 1);
    }

    /// <summary>
    /// The list without the first occurrence of a segment; the same list if it has none. Reuses the memory of this one.
    /// </summary>
    internal ShadowedPuts Without(uint segment)
    {
        if (_list is null)
        {
            return Contains(segment) ? default : this;
        }

        int at = Live.IndexOf(segment);
        if (at < 0)
        {
            return this;
        }

        if (_count == 1)
        {
            return default;
        }

        if (at == 0)
        {
            // Compaction works through the segments in ascending order, so this is the usual place.
            return new ShadowedPuts(_list, _startOrSegment + 1, _count - 1);
        }

        Live[(at + 1)..].CopyTo(Live[at..]);
        return new ShadowedPuts(_list, _startOrSegment, _count - 1);
    }

    private Span<uint> Live => _list.AsSpan((int)_startOrSegment, (int)_count);
}
