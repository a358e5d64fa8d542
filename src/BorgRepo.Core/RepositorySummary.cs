using BorgRepo.Core.Format;

namespace BorgRepo.Core;

/// <summary>A repository at a glance. Getting it reads only.</summary>
public sealed record RepositorySummary
{
    /// <summary>Full path.</summary>
    public required string Path { get; init; }

    /// <summary>The 32-byte id of the repository.</summary>
    public required ObjectId Id { get; init; }

    /// <summary>Format version, always 1.</summary>
    public required int Version { get; init; }

    /// <summary>The last transaction; null if there was none yet.</summary>
    public required uint? TransactionId { get; init; }

    /// <summary>Objects in it.</summary>
    public required int ObjectCount { get; init; }

    /// <summary>Segment files.</summary>
    public required int SegmentCount { get; init; }

    /// <summary>Bytes of all segment files.</summary>
    public required long SegmentBytes { get; init; }

    /// <summary>Size in bytes beyond which a segment is closed.</summary>
    public required long MaxSegmentSize { get; init; }

    /// <summary>Segments in one folder.</summary>
    public required int SegmentsPerDirectory { get; init; }

    /// <summary>Old states are never removed.</summary>
    public required bool AppendOnly { get; init; }

    /// <summary>Quota in bytes, 0 for none.</summary>
    public required long StorageQuota { get; init; }

    /// <summary>Bytes of all PUT entries in the log as hints tell, superseded ones included; null if hints cannot be read.</summary>
    public required long? QuotaUse { get; init; }

    /// <summary>Bytes that commits leave free besides their own need.</summary>
    public required long AdditionalFreeSpace { get; init; }

    /// <summary>True if the config holds a key.</summary>
    public required bool HasKey { get; init; }

    /// <summary>Last segment that a partial check reached; null if none is under way.</summary>
    public required uint? LastSegmentChecked { get; init; }

    /// <summary>Which releases the files look like, for example "borg 1.2 or later".</summary>
    public required string WrittenBy { get; init; }
}
