namespace BorgRepo.Core.Inspection;

/// <summary>What a segment holds. Counted from headers: nothing is proven about values.</summary>
public sealed record SegmentInfo
{
    /// <summary>Its number.</summary>
    public required uint Segment { get; init; }

    /// <summary>Path of its file.</summary>
    public required string Path { get; init; }

    /// <summary>Length of its file in bytes.</summary>
    public required long FileBytes { get; init; }

    /// <summary>When the file was written, in UTC.</summary>
    public required DateTime LastWriteUtc { get; init; }

    /// <summary>PUT entries.</summary>
    public required long PutCount { get; init; }

    /// <summary>DELETE entries.</summary>
    public required long DeleteCount { get; init; }

    /// <summary>COMMIT entries.</summary>
    public required long CommitCount { get; init; }

    /// <summary>False if no index could be had, so that what is live is not known and counts as nothing.</summary>
    public bool IsLiveKnown { get; init; } = true;

    /// <summary>PUT entries of current objects.</summary>
    public required long LiveCount { get; init; }

    /// <summary>Bytes of the PUT entries of current objects.</summary>
    public required long LiveBytes { get; init; }

    /// <summary>All other bytes: superseded entries, DELETEs, COMMITs, the magic, damage.</summary>
    public long DeadBytes => FileBytes - LiveBytes;

    /// <summary>False for a segment after the last commit: the rest of an interrupted transaction.</summary>
    public required bool IsCommitted { get; init; }

    /// <summary>The first damage met; null if the headers read well to the end.</summary>
    public required string? Damage { get; init; }
}
