namespace BorgRepo.Core.Copying;

/// <summary>How a repository is copied.</summary>
public sealed record CopyOptions
{
    /// <summary>Remove from the destination what the source compacted away. Otherwise it is set aside under names that no borg looks at.</summary>
    public bool Mirror { get; init; }

    /// <summary>Compare the content of all segments that are at both places, instead of size and time.</summary>
    public bool CompareContent { get; init; }

    /// <summary>
    /// Take over segments that changed in the source after they were copied, as a repair changes them. The destination's
    /// former ones are set aside: they may hold the only good copy of what the repair could not save.
    /// </summary>
    public bool AcceptChanged { get; init; }

    /// <summary>Treat a copy that was made by other means as ours: what only the destination has counts as compacted away.</summary>
    public bool Adopt { get; init; }

    /// <summary>Most bytes to write in a second; null for no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>How long to wait for the lock of the destination; null waits for ever.</summary>
    public TimeSpan? LockWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Only say what would be done. Writes nothing and takes no lock.</summary>
    public bool PlanOnly { get; init; }
}
