using System.Management.Automation;
using System.Management.Automation.Provider;
using BorgRepo.Commands;
using BorgRepo.Core;
using BorgRepo.Core.Storage;

namespace BorgRepo.Provider;

/// <summary>
/// Shows a repository as a drive: its objects, its segments with their entries, and its transactions, to list, get and read.
/// It changes nothing.
/// </summary>
// PowerShell makes a new one for each command. What lives as long as the drive is in BorgDriveInfo.
[CmdletProvider(Name, ProviderCapabilities.ExpandWildcards | ProviderCapabilities.Filter | ProviderCapabilities.ShouldProcess)]
public sealed partial class BorgRepositoryProvider : NavigationCmdletProvider, IEngineUser, IDisposable
{
    /// <summary>The name of the provider.</summary>
    public const string Name = "BorgRepository";

    private readonly CancellationTokenSource _stop = new();
    private ProgressRelay? _progress;
    private RepositoryServices? _services;
    private int _pipelineThread;

    RepositoryServices IEngineUser.Services => Services;

    CancellationToken IEngineUser.Stopped => _stop.Token;

    private RepositoryServices Services => _services ??= BorgCmdlet.CreateServices(OnNotice, OnProgress);

    // The engine speaks on the thread of the call; on another one, or after the call, nothing can be written.
    private bool CanWrite => _pipelineThread == Environment.CurrentManagedThreadId;

    void IEngineUser.OnNotice(RepositoryNotice notice) => OnNotice(notice);

    void IEngineUser.OnProgress(OperationProgress progress) => OnProgress(progress);

    /// <summary>Frees what the provider holds.</summary>
    public void Dispose() => _stop.Dispose();

    /// <inheritdoc/>
    protected override object NewDriveDynamicParameters() => new BorgDriveParameters();

    /// <inheritdoc/>
    protected override PSDriveInfo NewDrive(PSDriveInfo drive)
    {
        ArgumentNullException.ThrowIfNull(drive);
        try
        {
            _pipelineThread = Environment.CurrentManagedThreadId;
            return drive is BorgDriveInfo ? drive : Make(drive, DynamicParameters as BorgDriveParameters ?? new());
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception error) when (ErrorMapping.IsExpected(error))
        {
            ThrowTerminatingError(ErrorMapping.ToErrorRecord(error, null, drive.Root));
            throw;
        }
        finally
        {
            _progress?.Complete();
            _pipelineThread = 0;
        }
    }

    /// <inheritdoc/>
    protected override PSDriveInfo RemoveDrive(PSDriveInfo drive)
    {
        (drive as BorgDriveInfo)?.Close();
        return drive!;
    }

    /// <inheritdoc/>
    protected override bool IsValidPath(string path) => !string.IsNullOrEmpty(path);

    /// <summary>Called on another thread by Ctrl-C: the work itself ends at its next look at the token.</summary>
    protected override void StopProcessing() => _stop.Cancel();

    private BorgDriveInfo Make(PSDriveInfo wanted, BorgDriveParameters parameters)
    {
        if (parameters.Repository is { } session)
        {
            return OfSession(wanted, session);
        }

        string root = LocationResolver.ToRepositoryPath(SessionState.Path, wanted.Root);
        if (new RepositoryTarget(root, null).IsRemote)
        {
            throw InputException.NeedsFiles(root);
        }

        var options = new OpenOptions
        {
            Access = parameters.NoLock ? SessionAccess.ReadNoLock : SessionAccess.Read,
            LockWait = parameters.LockWait < 0 ? null : TimeSpan.FromSeconds(parameters.LockWait),
            Workers = Environment.ProcessorCount,
        };
        return new BorgDriveInfo(wanted, BorgRepository.Open(root, options, null, this), ownsSession: true);
    }

    private BorgDriveInfo OfSession(PSDriveInfo wanted, BorgRepository session)
    {
        // Raises the error for a closed one, and for one behind a server.
        using (RepositoryLease lent = session.Lend(this))
        {
            _ = lent.Engine;
        }

        if (wanted.Root.Length > 0 && LocationResolver.ToRepositoryPath(SessionState.Path, wanted.Root) != session.Path)
        {
            throw new InputException("InvalidArgument", $"The session is of {session.Path}, and -Root says '{wanted.Root}'. Leave one of them away; an empty -Root will do.", wanted.Root);
        }

        return new BorgDriveInfo(wanted, session, ownsSession: false);
    }

    // A path with the name of the provider, as PSPath is one, comes without its drive.
    private (BorgDriveInfo Drive, string[] Names) Locate(string path)
    {
        if (PSDriveInfo is BorgDriveInfo own && DrivePath.Split(own.Root, path) is { } names)
        {
            return (own, names);
        }

        foreach (BorgDriveInfo drive in ProviderInfo.Drives.OfType<BorgDriveInfo>().OrderByDescending(static drive => drive.Root.Length))
        {
            if (DrivePath.Split(drive.Root, path) is { } found)
            {
                return (drive, found);
            }
        }

        throw new InputException("DriveNotFound", $"No drive shows '{path}'. New-PSDrive -PSProvider {Name} makes one.", path, ErrorCategory.ObjectNotFound);
    }

    private static InputException NotThere(string path) =>
        new("PathNotFound", $"'{path}' is not there.", path, ErrorCategory.ObjectNotFound);

    private RepositoryLease Open(BorgDriveInfo drive, bool isStart = false)
    {
        RepositoryLease lease = drive.Session.Lend(this);
        try
        {
            if (isStart && drive.MayGrowStale)
            {
                lease.Engine.Refresh();
            }

            return lease;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private void Run(string path, Action work, bool isSilent = false) => Run(
        path,
        () =>
        {
            work();
            return true;
        },
        isSilent);

    // An error is written, not thrown: PowerShell would give what is thrown here an id of its own, or swallow it. Silent is
    // what it also calls while it binds parameters, when nothing can be written: the command then meets the same error.
    private T? Run<T>(string path, Func<T> work, bool isSilent = false)
    {
        int outer = _pipelineThread;
        _pipelineThread = isSilent ? 0 : Environment.CurrentManagedThreadId;
        try
        {
            return work();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception error) when (ErrorMapping.IsExpected(error))
        {
            if (!isSilent)
            {
                WriteError(ErrorMapping.ToErrorRecord(error, null, path));
            }

            return default;
        }
        finally
        {
            _progress?.Complete();
            _pipelineThread = outer;
        }
    }

    private void OnNotice(RepositoryNotice notice)
    {
        if (CanWrite)
        {
            NoticeRelay.Write(notice, WriteDebug, WriteVerbose, WriteWarning);
        }
    }

    private void OnProgress(OperationProgress progress)
    {
        if (CanWrite)
        {
            _progress ??= new ProgressRelay(WriteProgress, TimeProvider.System);
            _progress.Report(progress.Activity, progress.Detail, progress.DoneBytes, progress.TotalBytes, inBytes: true);
        }
    }
}
