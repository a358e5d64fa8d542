using BorgRepo.Core.Format;

namespace BorgRepo.Core;

/// <summary>How a repository is created.</summary>
public sealed record CreateOptions
{
    /// <summary>Old states are never removed.</summary>
    public bool AppendOnly { get; init; }

    /// <summary>Quota in bytes, 0 for none.</summary>
    public long StorageQuota { get; init; }

    /// <summary>Bytes that commits leave free on the volume besides their own need.</summary>
    public long AdditionalFreeSpace { get; init; }

    /// <summary>Size in bytes beyond which a segment is closed; null takes the release's default (500 MiB; 5 MiB for borg 1.0).</summary>
    public long? MaxSegmentSize { get; init; }

    /// <summary>Segments in one folder; null takes the release's default (1000; 10000 for borg 1.0).</summary>
    public int? SegmentsPerDirectory { get; init; }

    /// <summary>Creates missing folders above the repository too.</summary>
    public bool CreateParents { get; init; }

    /// <summary>Which release's layout to create.</summary>
    public WriteFormat WriteFormat { get; init; }
}
