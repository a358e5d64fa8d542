using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>Judges whether the holder of a lock still exists.</summary>
internal static class LockLiveness
{
    /// <summary>Null if the holder is on a computer that cannot be asked.</summary>
    public static bool? IsAlive(in LockIdentity holder, RepositoryEnvironment environment) =>
        holder.Host != environment.HostId ? null
        // Nobody writes a thread number today; whoever did would know better than the process table.
        : holder.Thread != 0 || environment.IsProcessAlive(holder.ProcessId);

    /// <summary>True only if the holder's process is certainly gone.</summary>
    public static bool IsDead(in LockIdentity holder, RepositoryEnvironment environment) => IsAlive(holder, environment) == false;
}
