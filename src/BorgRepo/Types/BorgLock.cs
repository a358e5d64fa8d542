using System.Globalization;
using BorgRepo.Core.Locking;

namespace BorgRepo;

/// <summary>A holder of a lock on a repository.</summary>
public sealed class BorgLock : IRepositoryItem
{
    private readonly object _source;

    internal BorgLock(object source, string path, LockHolder holder, DateTimeOffset now)
    {
        _source = source;
        RepositoryPath = path;
        Host = holder.Identity.Host;
        ProcessId = holder.Identity.ProcessId;
        Thread = holder.Identity.Thread;
        Exclusive = holder.Exclusive;
        IsAlive = holder.IsAlive;
        Since = holder.SinceUtc;
        // A clock that was set back, or another host's, must not give a negative age.
        Age = holder.SinceUtc is { } since ? TimeSpan.FromTicks(Math.Max(0, (now.UtcDateTime - since).Ticks)) : null;
        Origin = holder.Source;
    }

    /// <summary>Host of the holder, as it names itself.</summary>
    public string Host { get; }

    /// <summary>Process id of the holder on that host.</summary>
    public int ProcessId { get; }

    /// <summary>Thread of the holder; borg always says 0.</summary>
    public long Thread { get; }

    /// <summary>True for a writer, false for a reader.</summary>
    public bool Exclusive { get; }

    /// <summary>Whether the process lives; null if that cannot be known, as on another host.</summary>
    public bool? IsAlive { get; }

    /// <summary>Since when, in UTC, where the lock tells.</summary>
    public DateTime? Since { get; }

    /// <summary>For how long, where the lock tells.</summary>
    public TimeSpan? Age { get; }

    /// <summary>Where the holder is noted.</summary>
    public string Origin { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>Host, process and kind.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Host} process {ProcessId} ({(Exclusive ? "exclusive" : "shared")})");
}
