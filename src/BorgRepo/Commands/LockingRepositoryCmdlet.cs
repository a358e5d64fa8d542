using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Errors;

namespace BorgRepo.Commands;

/// <summary>Base of the cmdlets that take the lock of whole repositories.</summary>
public abstract class LockingRepositoryCmdlet : RepositoryCmdlet
{
    /// <summary>How many seconds to wait for the lock; -1 waits for ever.</summary>
    [Parameter]
    [ValidateRange(-1, int.MaxValue)]
    public int LockWait { get; set; } = 1;

    /// <summary>Refuses what an append-only repository must not suffer, before anybody is asked to confirm it.</summary>
    private protected void RefuseAppendOnly(RepositoryTarget target, string action)
    {
        using RepositoryLease repository = Open(target, SessionAccess.ReadNoLock);
        if (repository.Engine.AppendOnly)
        {
            throw new AppendOnlyException(repository.Engine.Path, action);
        }
    }

    private protected override TimeSpan? LockTimeout => LockWait < 0 ? null : TimeSpan.FromSeconds(LockWait);
}
