using BorgRepo.Core.Inspection;

namespace BorgRepo;

/// <summary>Space and state of a repository. All properties are plain values, so that it converts well to JSON and CSV.</summary>
public sealed class BorgHealth : IRepositoryItem
{
    private readonly object _source;

    internal BorgHealth(object source, RepositoryHealth health)
    {
        _source = source;
        Path = health.Path;
        RepositoryId = health.Id.ToString();
        MeasuredAt = health.MeasuredUtc;
        TransactionId = health.TransactionId;
        TransactionTime = health.TransactionUtc;
        Objects = health.ObjectCount;
        Segments = health.SegmentCount;
        UncommittedSegments = health.UncommittedSegmentCount;
        CommitOnlySegments = health.CommitOnlySegmentCount;
        TinySegments = health.TinySegmentCount;
        DamagedSegments = health.DamagedSegmentCount;
        SegmentBytes = health.SegmentBytes;
        LiveBytes = health.LiveBytes;
        DeadBytes = health.DeadBytes;
        ReclaimableBytes = health.ReclaimableBytes;
        LargestSegmentBytes = health.LargestSegmentBytes;
        OldestSegmentTime = health.OldestSegmentUtc;
        NewestSegmentTime = health.NewestSegmentUtc;
        StorageQuota = health.StorageQuota;
        QuotaUse = health.QuotaUse;
        FreeVolumeBytes = health.FreeVolumeBytes;
        AppendOnly = health.AppendOnly;
        LastSegmentChecked = health.LastSegmentChecked;
        LockHolders = health.Locks.Count;
        Warnings = new WarningList([.. health.Warnings.Select(warning => new BorgHealthWarning(warning))]);
    }

    /// <summary>Full path of the repository.</summary>
    public string Path { get; }

    /// <summary>The id of the repository, 64 hex digits.</summary>
    public string RepositoryId { get; }

    /// <summary>When this was measured, in UTC.</summary>
    public DateTime MeasuredAt { get; }

    /// <summary>True if there is no warning.</summary>
    public bool Healthy => Warnings.Count == 0;

    /// <summary>The last transaction; null if there was none.</summary>
    public uint? TransactionId { get; }

    /// <summary>When it was written, in UTC; null if there was none.</summary>
    public DateTime? TransactionTime { get; }

    /// <summary>Current objects.</summary>
    public int Objects { get; }

    /// <summary>Segments of the log.</summary>
    public int Segments { get; }

    /// <summary>Segments after the last commit: the rest of an interrupted transaction.</summary>
    public int UncommittedSegments { get; }

    /// <summary>Segments that hold nothing but a COMMIT.</summary>
    public int CommitOnlySegments { get; }

    /// <summary>Segments with entries that are smaller than a hundredth of max_segment_size.</summary>
    public int TinySegments { get; }

    /// <summary>Segments whose headers do not read to the end.</summary>
    public int DamagedSegments { get; }

    /// <summary>Bytes of all segment files.</summary>
    public long SegmentBytes { get; }

    /// <summary>Bytes of the entries of current objects.</summary>
    public long LiveBytes { get; }

    /// <summary>All other bytes of segments.</summary>
    public long DeadBytes { get; }

    /// <summary>Bytes that a compaction with the default threshold frees; null if none may run or none could be planned.</summary>
    public long? ReclaimableBytes { get; }

    /// <summary>Length of the largest segment.</summary>
    public long LargestSegmentBytes { get; }

    /// <summary>When the oldest segment was written, in UTC; null without segments.</summary>
    public DateTime? OldestSegmentTime { get; }

    /// <summary>When the newest segment was written, in UTC; null without segments.</summary>
    public DateTime? NewestSegmentTime { get; }

    /// <summary>Quota in bytes, 0 for none.</summary>
    public long StorageQuota { get; }

    /// <summary>Bytes that count against the quota; null if hints cannot be read.</summary>
    public long? QuotaUse { get; }

    /// <summary>Bytes that the volume offers; null if unknown.</summary>
    public long? FreeVolumeBytes { get; }

    /// <summary>Old states are never removed.</summary>
    public bool AppendOnly { get; }

    /// <summary>Last segment that a partial check reached; null if none is under way.</summary>
    public uint? LastSegmentChecked { get; }

    /// <summary>Holders of locks, this session not counted.</summary>
    public int LockHolders { get; }

    /// <summary>What the owner should know.</summary>
    public IReadOnlyList<BorgHealthWarning> Warnings { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>Path and state.</summary>
    public override string ToString() => $"{Path}: {(Healthy ? "healthy" : string.Join(", ", Warnings.Select(warning => warning.Code)))}";
}
