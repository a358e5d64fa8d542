using System.Management.Automation;
using BorgRepo.Core.Locking;
using BorgRepo.Core.Storage;
using Engine = BorgRepo.Core.Repository;

namespace BorgRepo.Commands;

/// <summary>Tells who holds locks of a repository. Reads only.</summary>
[Cmdlet(VerbsCommon.Get, "BorgLock", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgLock))]
public sealed class GetBorgLockCommand : RepositoryCmdlet
{
    private protected override void ProcessRepository(RepositoryTarget target)
    {
        foreach (BorgLock holder in Read(target, this))
        {
            WriteObject(holder);
        }
    }

    internal static List<BorgLock> Read(RepositoryTarget target, BorgCmdlet cmdlet)
    {
        DateTimeOffset now = SystemEnvironment.Instance.Time.GetUtcNow();
        List<BorgLock> locks = [];
        foreach (LockHolder holder in Engine.GetLockHolders(target.Path, cmdlet.Services))
        {
            locks.Add(new BorgLock(target.Source, target.Path, holder, now));
        }

        return locks;
    }
}
