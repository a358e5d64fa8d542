using BorgRepo.Core.Format;
using BorgRepo.Core.Locking;

namespace BorgRepo.Core.Inspection;

/// <summary>Space and state of a repository, exact by segment. Counted from headers: nothing is proven about values.</summary>
public sealed record RepositoryHealth
{
    /// <summary>Full path.</summary>
    public required string Path { get; init; }

    /// <summary>The 32-byte id of the repository.</summary>
    public required ObjectId Id { get; init; }

    /// <summary>When this was measured, in UTC.</summary>
    public required DateTime MeasuredUtc { get; init; }

    /// <summary>The last transaction; null if there was none.</summary>
    public required uint? TransactionId { get; init; }

    /// <summary>When the segment of its COMMIT was written, in UTC; null if there was none.</summary>
    public required DateTime? TransactionUtc { get; init; }

    /// <summary>Current objects.</summary>
    public required int ObjectCount { get; init; }

    /// <summary>Segments of the log.</summary>
    public required int SegmentCount { get; init; }

    /// <summary>Segments after the last commit.</summary>
    public required int UncommittedSegmentCount { get; init; }

    /// <summary>Segments that hold nothing but a COMMIT.</summary>
    public required int CommitOnlySegmentCount { get; init; }

    /// <summary>Segments with entries that are smaller than a hundredth of the size at which segments are closed.</summary>
    public required int TinySegmentCount { get; init; }

    /// <summary>Segments whose headers do not read to the end.</summary>
    public required int DamagedSegmentCount { get; init; }

    /// <summary>Bytes of all segment files.</summary>
    public required long SegmentBytes { get; init; }

    /// <summary>Bytes of the entries of current objects.</summary>
    public required long LiveBytes { get; init; }

    /// <summary>Bytes of everything else: superseded entries, DELETEs, COMMITs, magics.</summary>
    public long DeadBytes => SegmentBytes - LiveBytes;

    /// <summary>Bytes that a compaction with the default threshold frees; null if none may run (append-only) or none could be planned.</summary>
    public required long? ReclaimableBytes { get; init; }

    /// <summary>The largest segment's length.</summary>
    public required long LargestSegmentBytes { get; init; }

    /// <summary>When the oldest segment was written, in UTC; null without segments.</summary>
    public required DateTime? OldestSegmentUtc { get; init; }

    /// <summary>When the newest segment was written, in UTC; null without segments.</summary>
    public required DateTime? NewestSegmentUtc { get; init; }

    /// <summary>Quota in bytes, 0 for none.</summary>
    public required long StorageQuota { get; init; }

    /// <summary>What counts against the quota, in bytes; null if hints cannot be read.</summary>
    public required long? QuotaUse { get; init; }

    /// <summary>Bytes that the volume offers; null if unknown.</summary>
    public required long? FreeVolumeBytes { get; init; }

    /// <summary>Old states are never removed.</summary>
    public required bool AppendOnly { get; init; }

    /// <summary>Last segment that a partial check reached; null if none is under way.</summary>
    public required uint? LastSegmentChecked { get; init; }

    /// <summary>Holders of locks other than this session.</summary>
    public required IReadOnlyList<LockHolder> Locks { get; init; }

    /// <summary>What the owner should know.</summary>
    public required IReadOnlyList<HealthWarning> Warnings { get; init; }
}
