using System.Management.Automation;
using BorgRepo.Core;

namespace BorgRepo.Commands;

/// <summary>Base of the cmdlets that read whole repositories, under a shared lock or, with -NoLock, without writing anything.</summary>
public abstract class ReadingRepositoryCmdlet : LockingRepositoryCmdlet
{
    /// <summary>Take no lock and write nothing.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    private protected sealed override void ProcessRepository(RepositoryTarget target)
    {
        using (RepositoryLease repository = Open(target, NoLock ? SessionAccess.ReadNoLock : SessionAccess.Read))
        {
            Read(repository);
        }

        Emit();
    }

    /// <summary>Reads one repository.</summary>
    private protected abstract void Read(RepositoryLease repository);

    /// <summary>Emits what was read and held back until the lock was released, for a cmdlet after this one to take it.</summary>
    private protected virtual void Emit()
    {
    }
}
