using BorgRepo.Core.Format;

namespace BorgRepo.Core.Inspection;

/// <summary>Turns measurements into warnings with advice. Pure.</summary>
internal static class HealthAdvice
{
    private const double SparseShare = 0.2;
    private const double QuotaShare = 0.9;
    private const int ManyCommitOnly = 100;
    private const int ManyTiny = 1000;
    private const int CommitReserveIndexes = 4;

    /// <summary>What the owner should know.</summary>
    /// <param name="health">The measurements; its warnings are not looked at.</param>
    /// <param name="indexBytes">Length of the index file.</param>
    /// <param name="maxSegmentSize">Size at which segments are closed.</param>
    public static IReadOnlyList<HealthWarning> For(RepositoryHealth health, long indexBytes, long maxSegmentSize)
    {
        List<HealthWarning> warnings = [];
        if (health.DamagedSegmentCount > 0)
        {
            warnings.Add(new HealthWarning("DamagedSegments", $"{health.DamagedSegmentCount} segments cannot be read to their end. Check the repository before anything else is written."));
        }

        if (health.TransactionId is null)
        {
            warnings.Add(new HealthWarning("NoTransaction", "There is no committed transaction yet."));
        }

        if (health.UncommittedSegmentCount > 0 && health.Locks.Count == 0)
        {
            warnings.Add(new HealthWarning("UncommittedSegments", $"{health.UncommittedSegmentCount} segments of an interrupted transaction are there; the next writer removes them."));
        }

        foreach (Locking.LockHolder holder in health.Locks.Where(holder => holder.IsAlive == false))
        {
            warnings.Add(new HealthWarning("StaleLock", $"A lock is held by process {holder.Identity.ProcessId} on {holder.Identity.Host}, which does not live any more; the next session takes it over."));
        }

        if (health.ReclaimableBytes is { } reclaimable && reclaimable > health.SegmentBytes * SparseShare)
        {
            warnings.Add(new HealthWarning("Reclaimable", $"A compaction would free {ByteSize.Format(reclaimable)} of {ByteSize.Format(health.SegmentBytes)}."));
        }

        if (health.CommitOnlySegmentCount > ManyCommitOnly)
        {
            warnings.Add(new HealthWarning("CommitOnlySegments", $"{health.CommitOnlySegmentCount} segments hold nothing but a COMMIT: compact with -RemoveEmptyCommits."));
        }

        if (health.TinySegmentCount > ManyTiny)
        {
            warnings.Add(new HealthWarning("TinySegments", $"{health.TinySegmentCount} segments are smaller than a hundredth of max_segment_size: compact with -All to join them."));
        }

        AddSpace(health, indexBytes, maxSegmentSize, warnings);
        return warnings;
    }

    private static void AddSpace(RepositoryHealth health, long indexBytes, long maxSegmentSize, List<HealthWarning> warnings)
    {
        if (health.StorageQuota > 0 && health.QuotaUse > health.StorageQuota * QuotaShare)
        {
            warnings.Add(new HealthWarning("QuotaNearlyUsed", $"{ByteSize.Format(health.QuotaUse.Value)} of the quota of {ByteSize.Format(health.StorageQuota)} are used: remove objects and compact, or raise the quota."));
        }

        long needed = (CommitReserveIndexes * indexBytes) + (health.AppendOnly ? 0 : maxSegmentSize + LogEntry.MaxEntrySize);
        if (health.FreeVolumeBytes is { } free && free < needed)
        {
            warnings.Add(new HealthWarning("LittleFreeSpace", $"The volume has {ByteSize.Format(free)} free, a commit with compaction may need {ByteSize.Format(needed)}."));
        }
    }
}
