namespace BorgRepo.Core.Format;

/// <summary>What a hints file is written from. Everything is walked once, in the order in which it is to stand in the file.</summary>
public interface IHintsSource
{
    /// <summary>Bytes that count against the quota; may be negative.</summary>
    long QuotaUse { get; }

    /// <summary>Segments with the number of current PUTs in each.</summary>
    IReadOnlyCollection<KeyValuePair<uint, long>> UseCounts { get; }

    /// <summary>Segments with the bytes that compaction would free in each.</summary>
    IReadOnlyCollection<KeyValuePair<uint, long>> Freeable { get; }

    /// <summary>Keys with the segments of their superseded PUTs.</summary>
    IReadOnlyCollection<KeyValuePair<ObjectId, ShadowedPuts>> SupersededPuts { get; }
}
