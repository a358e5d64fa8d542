namespace BorgRepo.Core.Inspection;

/// <summary>A transaction as far as the disk still tells: what an append-only repository logged, joined with the segments.</summary>
public sealed record TransactionInfo
{
    /// <summary>Its id: the segment that carries its COMMIT.</summary>
    public required uint Id { get; init; }

    /// <summary>When it was committed in UTC, from the log <c>transactions</c>; null if that does not name it.</summary>
    public required DateTime? LoggedUtc { get; init; }

    /// <summary>When the segment of its COMMIT was written in UTC; null if that segment is gone.</summary>
    public required DateTime? WrittenUtc { get; init; }

    /// <summary>Segments that it wrote and that are still there.</summary>
    public required int SegmentCount { get; init; }

    /// <summary>Their bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>True if its COMMIT is still on the disk, so that it can be gone back to.</summary>
    public required bool IsOnDisk { get; init; }

    /// <summary>True for the last transaction.</summary>
    public required bool IsCurrent { get; init; }
}
