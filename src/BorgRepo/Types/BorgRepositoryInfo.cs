using BorgRepo.Core;

namespace BorgRepo;

/// <summary>A repository at a glance.</summary>
public sealed class BorgRepositoryInfo : IRepositoryItem
{
    private readonly object _source;

    internal BorgRepositoryInfo(object source, RepositorySummary summary, BorgLockState lockState)
    {
        _source = source;
        Path = summary.Path;
        Id = summary.Id.ToString();
        Version = summary.Version;
        TransactionId = summary.TransactionId;
        Objects = summary.ObjectCount;
        Segments = summary.SegmentCount;
        Bytes = summary.SegmentBytes;
        QuotaUse = summary.QuotaUse;
        StorageQuota = summary.StorageQuota;
        AdditionalFreeSpace = summary.AdditionalFreeSpace;
        AppendOnly = summary.AppendOnly;
        HasKey = summary.HasKey;
        SegmentsPerDirectory = summary.SegmentsPerDirectory;
        MaxSegmentSize = summary.MaxSegmentSize;
        LastSegmentChecked = summary.LastSegmentChecked;
        WrittenBy = summary.WrittenBy;
        LockState = lockState;
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>The id of the repository, 64 lower-case hex digits.</summary>
    public string Id { get; }

    /// <summary>Format version, always 1.</summary>
    public int Version { get; }

    /// <summary>The last transaction; null if there was none yet.</summary>
    public uint? TransactionId { get; }

    /// <summary>Number of objects.</summary>
    public int Objects { get; }

    /// <summary>Number of segment files.</summary>
    public int Segments { get; }

    /// <summary>Bytes of all segment files.</summary>
    public long Bytes { get; }

    /// <summary>Bytes of all objects stored, superseded ones that were not compacted away included; null if unknown.</summary>
    public long? QuotaUse { get; }

    /// <summary>Quota in bytes, 0 for none.</summary>
    public long StorageQuota { get; }

    /// <summary>Bytes that commits leave free on the volume besides their own need.</summary>
    public long AdditionalFreeSpace { get; }

    /// <summary>Old states are never removed.</summary>
    public bool AppendOnly { get; }

    /// <summary>True if a key text is kept in the config.</summary>
    public bool HasKey { get; }

    /// <summary>Segments in one folder.</summary>
    public int SegmentsPerDirectory { get; }

    /// <summary>Size in bytes beyond which a segment is closed.</summary>
    public long MaxSegmentSize { get; }

    /// <summary>The last segment that a check with a time limit reached; null if none is under way.</summary>
    public uint? LastSegmentChecked { get; }

    /// <summary>Which release of borg the files look like; a guess.</summary>
    public string WrittenBy { get; }

    /// <summary>Whether somebody held a lock when this was read.</summary>
    public BorgLockState LockState { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
