using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>Base of the cmdlets that take the lock of whole repositories.</summary>
public abstract class LockingRepositoryCmdlet : RepositoryCmdlet
{
    /// <summary>How many seconds to wait for the lock; -1 waits for ever.</summary>
    [Parameter]
    [ValidateRange(-1, int.MaxValue)]
    public int LockWait { get; set; } = 1;

    private protected override TimeSpan? LockTimeout => LockWait < 0 ? null : TimeSpan.FromSeconds(LockWait);
}
