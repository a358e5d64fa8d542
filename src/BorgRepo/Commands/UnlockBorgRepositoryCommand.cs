using System.Management.Automation;
using Engine = BorgRepo.Core.Repository;

namespace BorgRepo.Commands;

/// <summary>Removes all locks of a repository, and emits what it removed.</summary>
[Cmdlet(VerbsCommon.Unlock, "BorgRepository", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(BorgLock))]
public sealed class UnlockBorgRepositoryCommand : RepositoryCmdlet
{
    /// <summary>Remove also the lock of a process that is alive on this host.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        List<BorgLock> held = GetBorgLockCommand.Read(target, this);
        if (!Force && held.Find(static holder => holder.IsAlive == true) is { } alive)
        {
            // Two writers at once destroy a repository; that the other one is gone must be certain.
            throw new InputException(
                "LockHolderAlive",
                $"{target.Path} is locked by {alive}, which is alive. End it, or remove its lock with -Force if it does not use the repository any more.",
                target.Path,
                ErrorCategory.ResourceBusy);
        }

        string holders = held.Count == 0 ? "nobody known" : string.Join(", ", held);
        if (!ShouldProcess(target.Path, $"Remove the locks of {holders}"))
        {
            return;
        }

        Engine.BreakLock(target.Path, Services);
        foreach (BorgLock holder in held)
        {
            WriteObject(holder);
        }
    }
}
