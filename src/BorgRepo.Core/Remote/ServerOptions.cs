using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>What a server allows its clients, and what it tells.</summary>
public sealed record ServerOptions
{
    /// <summary>More threads than this make a check no faster on most disks.</summary>
    public const int MostCheckWorkers = 4;

    /// <summary>Repositories must be in one of these folders, or be one of them. Empty: anywhere.</summary>
    public IReadOnlyList<string> RestrictToPaths { get; init; } = [];

    /// <summary>Repositories must be one of these. Empty: any.</summary>
    public IReadOnlyList<string> RestrictToRepositories { get; init; } = [];

    /// <summary>Sessions are append-only, except those that create a repository.</summary>
    public bool AppendOnly { get; init; }

    /// <summary>Quota in bytes that holds instead of the config's and goes into the config of repositories that clients create.</summary>
    public long? StorageQuota { get; init; }

    /// <summary>Longest time that a client may wait for the lock; null leaves it to the client.</summary>
    public TimeSpan? LockWait { get; init; }

    /// <summary>Least level of messages that clients are sent; null for none.</summary>
    public NoticeLevel? LogLevel { get; init; } = NoticeLevel.Warning;

    /// <summary>Threads that a check, or the rebuild of an index, reads with.</summary>
    public int CheckWorkers { get; init; } = 1;

    /// <summary>Where <c>~</c> leads.</summary>
    public required string HomeDirectory { get; init; }

    /// <summary>Where relative paths begin.</summary>
    public required string WorkingDirectory { get; init; }
}
