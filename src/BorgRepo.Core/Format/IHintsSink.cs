namespace BorgRepo.Core.Format;

/// <summary>
/// What a hints file is read into, piece by piece in the order of the file. A piece that comes again replaces the former
/// one. If reading fails in the end, what came so far is worth nothing.
/// </summary>
public interface IHintsSink
{
    /// <summary>A segment with the number of current PUTs in it.</summary>
    void SetUseCount(uint segment, long count);

    /// <summary>Version 2: a segment with the bytes that compaction would free in it.</summary>
    void SetFreeableBytes(uint segment, long bytes);

    /// <summary>Version 1: all segments to compact, ascending, each once.</summary>
    void SetCompactable(ReadOnlySpan<uint> segments);

    /// <summary>Bytes that count against the quota; may be negative.</summary>
    void SetQuotaUse(long bytes);

    /// <summary>About how many keys with superseded PUTs will come, by what the file says and its length allows.</summary>
    void ExpectShadows(int count);

    /// <summary>A key with the segments of its superseded PUTs; may be none, may be the same one several times.</summary>
    void SetShadow(in ObjectId id, ReadOnlySpan<uint> segments);
}
