using System.Management.Automation;
using BorgRepo.Core.Remote;
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

    /// <summary>The ssh command; BORG_RSH, or ssh, unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Rsh { get; set; }

    /// <summary>The borg on the server; BORG_REMOTE_PATH, or borg, unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RemotePath { get; set; }

    internal override RemoteOptions? Remote => GetRemoteOptions(Rsh, RemotePath);

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        if (target.IsRemote)
        {
            UnlockRemote(target);
            return;
        }

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
    // A server does not tell who holds the lock: whoever asks for this must know.
    private void UnlockRemote(RepositoryTarget target)
    {
        RequireRepository(target);
        if (ShouldProcess(target.Path, "Remove the locks of whoever holds them"))
        {
            RemoteRepository.BreakLock(RemoteLocation.Parse(target.Path), Remote!, Services, Stopped);
        }
    }
}
