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

    /// <summary>
    /// Saves index and hints not at each commit, but when more than this many bytes were committed since, before whatever needs
    /// them, and when the session is closed. 0, the default, is at each commit, as borg does.
    /// </summary>
    /// <remarks>
    /// A commit is as durable as ever: its COMMIT is on the disk when it returns. What changes is its cost, which no longer
    /// grows with the number of objects. If the session is killed, the next opening, by whatever program, reads the segments
    /// since the last save again, so this is also the bound for that.
    /// </remarks>
    public long IndexCheckpointSize { get; init; }

    /// <summary>Which release's habits to write by.</summary>
    public WriteFormat WriteFormat { get; init; }
}
