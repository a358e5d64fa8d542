using BorgRepo.Core.Format;

namespace BorgRepo.Core;

/// <summary>How a repository is opened.</summary>
public sealed record OpenOptions
{
    /// <summary>What for. Default: reading.</summary>
    public SessionAccess Access { get; init; } = SessionAccess.Read;

    /// <summary>How long to wait for the lock; null waits for ever. Default: one second, as borg's.</summary>
    public TimeSpan? LockWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Makes this session append-only even if the config does not.</summary>
    public bool AppendOnly { get; init; }

    /// <summary>Quota in bytes for this session instead of the config's; null takes the config's.</summary>
    public long? StorageQuota { get; init; }

    /// <summary>Threads that read a large index, or the segments when it has to be rebuilt.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Which release's habits to write by.</summary>
    public WriteFormat WriteFormat { get; init; }
}
