using BorgRepo.Core.Format;

namespace BorgRepo.Core.Errors;

/// <summary>The objects stored exceed the quota of the repository. The transaction can only be rolled back.</summary>
public sealed class StorageQuotaExceededException(long quotaBytes, long useBytes)
    : BorgRepositoryException($"The storage quota ({ByteSize.Format(quotaBytes)}) has been exceeded ({ByteSize.Format(useBytes)}). Try deleting some archives.")
{
    /// <summary>The quota in bytes.</summary>
    public long QuotaBytes { get; } = quotaBytes;

    /// <summary>What would be used, in bytes.</summary>
    public long UseBytes { get; } = useBytes;
}
