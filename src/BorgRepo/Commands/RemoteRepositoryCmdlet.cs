using System.Management.Automation;
using BorgRepo.Core.Remote;

namespace BorgRepo.Commands;

/// <summary>Base of the cmdlets that take the lock of whole repositories, here or behind a server.</summary>
public abstract class RemoteRepositoryCmdlet : LockingRepositoryCmdlet
{
    /// <summary>The ssh command; BORG_RSH, or ssh, unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Rsh { get; set; }

    /// <summary>The borg on the server; BORG_REMOTE_PATH, or borg, unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RemotePath { get; set; }

    internal sealed override RemoteOptions? Remote => GetRemoteOptions(Rsh, RemotePath);
}
