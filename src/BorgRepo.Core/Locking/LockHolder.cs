namespace BorgRepo.Core.Locking;

/// <summary>A holder of a repository's lock, as found on the disk.</summary>
/// <param name="Identity">Who. For a name that cannot be read, the whole name as host and process 0.</param>
/// <param name="Exclusive">True for the one writer, false for one of the readers.</param>
/// <param name="IsAlive">Whether the process lives; null if it is on another computer, or not known.</param>
/// <param name="SinceUtc">When the lock was taken; null if the disk does not tell (readers).</param>
/// <param name="Source">Path of the file that says so.</param>
public sealed record LockHolder(LockIdentity Identity, bool Exclusive, bool? IsAlive, DateTime? SinceUtc, string Source);
