namespace BorgRepo.Core.Compaction;

/// <summary>The plan of a compaction, or what one did. Both come from the same rules, so that they say the same.</summary>
public sealed record CompactionReport
{
    /// <summary>True for a plan: nothing was changed.</summary>
    public required bool IsPlan { get; init; }

    /// <summary>What happens to each segment that was considered, in ascending order.</summary>
    public required IReadOnlyList<CompactedSegment> Segments { get; init; }

    /// <summary>Bytes of all segment files before.</summary>
    public required long BytesBefore { get; init; }

    /// <summary>Bytes of all segment files after.</summary>
    public required long BytesAfter { get; init; }

    /// <summary>The last transaction afterwards; null if there is none.</summary>
    public required uint? TransactionId { get; init; }

    /// <summary>Bytes that become free; negative if more is written than freed.</summary>
    public long BytesFreed => BytesBefore - BytesAfter;
}
