using BorgRepo.Core.Compaction;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Locking;

namespace BorgRepo.Core;

/// <content>Health.</content>
public sealed partial class Repository
{
    private const int TinyShare = 100;

    /// <summary>
    /// Measures space and state. Reads the headers of all segments; writes nothing but what the first use of an index
    /// that is missing or old needs.
    /// </summary>
    /// <param name="onSegment">Receives each segment as it is measured; null if nobody wants to know.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    public RepositoryHealth Measure(Action<SegmentInfo>? onSegment = null, CancellationToken cancellationToken = default)
    {
        RepositorySummary summary = Summarize();
        long live = 0;
        long bytes = 0;
        long largest = 0;
        int committed = 0;
        int uncommitted = 0;
        int commitOnly = 0;
        int tiny = 0;
        int damaged = 0;
        DateTime? oldest = null;
        DateTime? newest = null;
        DateTime? transaction = null;
        foreach (SegmentInfo segment in GetSegments(null, cancellationToken))
        {
            onSegment?.Invoke(segment);
            bool isCommitOnly = segment is { FileBytes: LogEntry.CommitOnlySegmentSize, CommitCount: 1 };
            committed += segment.IsCommitted ? 1 : 0;
            uncommitted += segment.IsCommitted ? 0 : 1;
            commitOnly += isCommitOnly ? 1 : 0;
            tiny += !isCommitOnly && segment.FileBytes < MaxSegmentSize / TinyShare ? 1 : 0;
            damaged += segment is { Damage: not null, IsCommitted: true } ? 1 : 0;
            live += segment.LiveBytes;
            bytes += segment.FileBytes;
            largest = Math.Max(largest, segment.FileBytes);
            oldest = oldest < segment.LastWriteUtc ? oldest : segment.LastWriteUtc;
            newest = newest > segment.LastWriteUtc ? newest : segment.LastWriteUtc;
            transaction = segment.Segment == summary.TransactionId ? segment.LastWriteUtc : transaction;
        }

        RepositoryHealth health = new()
        {
            Path = Path,
            Id = Id,
            MeasuredUtc = _services.Environment.Time.GetUtcNow().UtcDateTime,
            TransactionId = summary.TransactionId,
            TransactionUtc = transaction,
            ObjectCount = summary.ObjectCount,
            SegmentCount = committed,
            UncommittedSegmentCount = uncommitted,
            CommitOnlySegmentCount = commitOnly,
            TinySegmentCount = tiny,
            DamagedSegmentCount = damaged,
            SegmentBytes = bytes,
            LiveBytes = live,
            ReclaimableBytes = PlanReclaimable(cancellationToken),
            LargestSegmentBytes = largest,
            OldestSegmentUtc = oldest,
            NewestSegmentUtc = newest,
            StorageQuota = StorageQuota,
            QuotaUse = summary.QuotaUse,
            FreeVolumeBytes = _services.FileSystem.GetAvailableBytes(Path),
            AppendOnly = AppendOnly,
            LastSegmentChecked = summary.LastSegmentChecked,
            Locks = [.. RepositoryLock.GetHolders(_services, Path).Where(holder => !IsOwn(holder))],
            Warnings = [],
        };
        return health with { Warnings = HealthAdvice.For(health, BytesOfIndex(), MaxSegmentSize) };
    }

    private long BytesOfIndex()
    {
        lock (_gate)
        {
            return RequireIndex().FileSize;
        }
    }

    private bool IsOwn(LockHolder holder) => _lock is not null
        && holder.Identity.ProcessId == _services.Environment.ProcessId
        && holder.Identity.Host == _services.Environment.HostId;

    private long? PlanReclaimable(CancellationToken cancellationToken)
    {
        if (AppendOnly || InTransaction)
        {
            return null;
        }

        try
        {
            return PlanCompaction(new CompactionOptions { SkipUseless = true }, cancellationToken).BytesFreed;
        }
        catch (BorgRepositoryException error)
        {
            _services.Notify(Storage.NoticeLevel.Warning, $"A compaction cannot be planned: {error.Message}");
            return null;
        }
    }
}
