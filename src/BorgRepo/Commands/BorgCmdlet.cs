using System.Management.Automation;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;

namespace BorgRepo.Commands;

/// <summary>
/// Base of all cmdlets: stopping, errors of the engine as error records, and what the engine has to say as verbose,
/// warning and progress records.
/// </summary>
public abstract class BorgCmdlet : PSCmdlet, IDisposable, IEngineUser
{
    private readonly CancellationTokenSource _stop = new();
    private ProgressRelay? _progress;
    private int _pipelineThread;

    /// <summary>Cancelled by Ctrl-C.</summary>
    internal CancellationToken Stopped => _stop.Token;

    /// <summary>What the engine works with, with this cmdlet as listener.</summary>
    internal RepositoryServices Services => field ??= CreateServices(OnNotice, OnProgress);

    RepositoryServices IEngineUser.Services => Services;

    CancellationToken IEngineUser.Stopped => Stopped;

    private ProgressRelay Progress => _progress ??= new ProgressRelay(WriteProgress, TimeProvider.System);

    /// <summary>Frees what the cmdlet holds. PowerShell calls it after the last record, after an error and after a stop.</summary>
    public void Dispose()
    {
        Release();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>How to reach a server: what the user gave, else what the environment says, as for borg.</summary>
    internal RemoteOptions GetRemoteOptions(string? rsh, string? remotePath)
    {
        // A server is asked only for what somebody will see.
        NoticeLevel level = IsWanted("DebugPreference", "Debug") ? NoticeLevel.Debug
            : IsWanted("VerbosePreference", "Verbose") ? NoticeLevel.Information
            : NoticeLevel.Warning;
        return RemoteOptions.Create(SystemEnvironment.Instance, rsh, remotePath) with { LogLevel = level };
    }

    internal static RepositoryServices CreateServices(Action<RepositoryNotice> notices, Action<OperationProgress> progress) =>
        new(LocalFileSystem.Instance, SystemEnvironment.Instance, notices, progress);

    void IEngineUser.OnNotice(RepositoryNotice notice) => OnNotice(notice);

    void IEngineUser.OnProgress(OperationProgress progress) => OnProgress(progress);

    internal void OnNotice(RepositoryNotice notice)
    {
        if (CanWrite)
        {
            NoticeRelay.Write(notice, WriteDebug, WriteVerbose, WriteWarning);
        }
    }

    internal void OnProgress(OperationProgress progress)
    {
        if (CanWrite)
        {
            Progress.Report(progress.Activity, progress.Detail, progress.DoneBytes, progress.TotalBytes, inBytes: true);
        }
    }

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Run(Begin);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Run(Process);

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        Run(End);
        _progress?.Complete();
    }

    /// <summary>Called on another thread by Ctrl-C: the work itself ends at its next look at the token.</summary>
    protected override void StopProcessing()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself at the same moment.
        }
    }

    private protected virtual void Begin()
    {
    }

    private protected virtual void Process()
    {
    }

    private protected virtual void End()
    {
    }

    /// <summary>Gives back what is still held; the work may have ended anywhere. Must not write to any stream.</summary>
    private protected virtual void Release()
    {
    }

    /// <summary>The item at hand: what an error is about that does not say so itself.</summary>
    internal object? CurrentItem { get; set; }

    /// <summary>Reports an error that concerns one item only.</summary>
    private protected void WriteItemError(Exception error, object? target = null) =>
        WriteError(ErrorMapping.ToErrorRecord(error, target, CurrentItem));

    /// <summary>Progress of the cmdlet's own loop.</summary>
    private protected void ReportProgress(string activity, string detail, long done, long total) =>
        Progress.Report(activity, detail, done, total);

    private bool IsWanted(string preference, string parameter) =>
        MyInvocation.BoundParameters.TryGetValue(parameter, out object? given)
            ? LanguagePrimitives.IsTrue(given)
            : SessionState.PSVariable.GetValue(preference) is ActionPreference and not ActionPreference.SilentlyContinue and not ActionPreference.Ignore;

    // The engine may speak while a stopped cmdlet is being disposed of, when nothing can be written any more.
    private bool CanWrite => _pipelineThread == Environment.CurrentManagedThreadId;

    private void Run(Action step)
    {
        // Cmdlets of one pipeline nest on one thread, but never one cmdlet in itself.
        _pipelineThread = Environment.CurrentManagedThreadId;
        try
        {
            step();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (RemoteConnectionException) when (_stop.IsCancellationRequested)
        {
            // A stop breaks the connection that the cmdlet waited for.
            throw new PipelineStoppedException();
        }
        catch (Exception error) when (ErrorMapping.IsExpected(error))
        {
            ThrowTerminatingError(ErrorMapping.ToErrorRecord(error, null, CurrentItem));
        }
        finally
        {
            _pipelineThread = 0;
        }
    }
}
