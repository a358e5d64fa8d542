using System.Management.Automation;

namespace BorgRepo.Provider;

/// <summary>What New-PSDrive takes besides its own parameters.</summary>
public sealed class BorgDriveParameters
{
    /// <summary>Read through this session, which stays open when the drive goes; -Root is its path then, or empty.</summary>
    [Parameter]
    [ValidateNotNull]
    public BorgRepository? Repository { get; set; }

    /// <summary>Take no lock and write nothing at all.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    /// <summary>How many seconds to wait for the lock; -1 waits for ever.</summary>
    [Parameter]
    [ValidateRange(-1, int.MaxValue)]
    public int LockWait { get; set; } = 1;
}
