namespace BorgRepo.Core.Storage;

/// <summary>Clock, random bytes and process identity: the only way by which the engine reaches them.</summary>
public abstract class RepositoryEnvironment
{
    /// <summary>Wall clock and monotonic clock.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>Host part of this process's lock identity: BORG_HOST_ID, else fqdn@node.</summary>
    public abstract string HostId { get; }

    /// <summary>Process id, real in this pid namespace.</summary>
    public abstract int ProcessId { get; }

    /// <summary>False only if it is certain that no such process lives on this host.</summary>
    public abstract bool IsProcessAlive(int processId);

    /// <summary>A variable of the process's environment; null if it is not set or empty.</summary>
    public virtual string? GetVariable(string name) => null;

    /// <summary>Fills a span with unpredictable bytes.</summary>
    public abstract void FillRandom(Span<byte> bytes);

    /// <summary>Waits, or throws <see cref="OperationCanceledException"/>.</summary>
    public abstract void Wait(TimeSpan duration, CancellationToken cancellationToken);
}
