using BorgRepo.Core;
using BorgRepo.Core.Locking;
using Engine = BorgRepo.Core.Repository;

namespace BorgRepo.Commands;

/// <summary>Takes stock of a repository. Reads only: no lock, no repair of an index.</summary>
internal static class InfoReader
{
    /// <summary>Reads through the open session if there is one, else without a lock.</summary>
    public static BorgRepositoryInfo Read(RepositoryTarget target, IEngineUser user)
    {
        BorgLockState state = BorgLockState.None;
        foreach (LockHolder holder in Engine.GetLockHolders(target.Path, user.Services))
        {
            BorgLockState held = holder.Exclusive ? BorgLockState.Exclusive : BorgLockState.Shared;
            state = held > state ? held : state;
        }

        if (target.Session is { } session)
        {
            using RepositoryLease lent = session.Lend(user);
            lent.Engine.LoadIndex(user.Stopped);
            return new BorgRepositoryInfo(session, lent.Engine.Summarize(), state);
        }

        var options = new OpenOptions { Access = SessionAccess.ReadNoLock, Workers = Environment.ProcessorCount };
        using Engine repository = Engine.Open(target.Path, options, user.Services, user.Stopped);
        repository.LoadIndex(user.Stopped);
        return new BorgRepositoryInfo(target.Path, repository.Summarize(), state);
    }
}
