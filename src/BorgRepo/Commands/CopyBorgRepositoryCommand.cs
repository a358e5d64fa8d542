using System.Globalization;
using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Copying;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Remote;

namespace BorgRepo.Commands;

/// <summary>
/// Makes a copy of a repository, or brings a copy up to the state of its source. With -WhatIf the plan is emitted, with the
/// bytes of each segment, and nothing is written.
/// </summary>
[Cmdlet(VerbsCommon.Copy, "BorgRepository", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(BorgCopyResult))]
public sealed class CopyBorgRepositoryCommand : LockingRepositoryCmdlet
{
    private const string ProgramVariable = "BORGREPO_RCLONE";

    /// <summary>Path of the copy itself, or rclone:remote:path.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Remove from the copy what the source compacted away, instead of setting it aside.</summary>
    [Parameter]
    public SwitchParameter Mirror { get; set; }

    /// <summary>Compare the content of all segments instead of size and time.</summary>
    [Parameter]
    public SwitchParameter CompareContent { get; set; }

    /// <summary>Take over segments that a repair changed in the source.</summary>
    [Parameter]
    public SwitchParameter AcceptChanged { get; set; }

    /// <summary>Take over a copy that was made by other means.</summary>
    [Parameter]
    public SwitchParameter Adopt { get; set; }

    /// <summary>Most bytes to write in a second.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long BandwidthLimit { get; set; }

    /// <summary>Take no lock of the source.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        string destination = Resolve(Destination!);
        RequireRepository(target);
        Consent consent = this.Ask(target.Path, $"Copy to {destination}");
        if (consent == Consent.Declined)
        {
            return;
        }

        CopyOptions options = new()
        {
            Mirror = Mirror,
            CompareContent = CompareContent,
            AcceptChanged = AcceptChanged,
            Adopt = Adopt,
            BytesPerSecond = BandwidthLimit > 0 ? BandwidthLimit : null,
            LockWait = LockTimeout,
            PlanOnly = consent == Consent.PlanOnly,
        };
        long started = TimeProvider.System.GetTimestamp();
        CopyReport report;
        object source;
        using (RepositoryLease repository = OpenIndexed(target, NoLock || options.PlanOnly ? SessionAccess.ReadNoLock : SessionAccess.Read))
        {
            source = repository.Source;
            report = Copy(repository.Engine, destination, options);
        }

        WriteObject(new BorgCopyResult(source, target.Path, report, TimeProvider.System.GetElapsedTime(started)));
        if (report.DamagedInSource.Count > 0)
        {
            // The copy is complete, but a schedule that looks at errors only must notice.
            string numbers = string.Join(", ", report.DamagedInSource.Select(number => number.ToString(CultureInfo.InvariantCulture)));
            WriteItemError(new CheckNeededException(target.Path, $"Segments {numbers} are damaged. The copy has them as they are, or sound ones of an earlier copy."));
        }
    }

    private CopyReport Copy(Repository source, string destination, CopyOptions options)
    {
        if (!RcloneDestination.IsLocation(destination))
        {
            return source.CopyTo(destination, options, Stopped);
        }

        string program = Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } named ? named : "rclone";
        using RcloneDestination remote = new(destination, System.IO.Path.GetTempPath(), new RcloneProgram(program), Services);
        return source.CopyTo(remote, options, Stopped);
    }

    private string Resolve(string destination)
    {
        if (RemoteLocation.IsRemote(destination))
        {
            throw new InputException(
                "RemoteNotSupported",
                $"A server shows no files, so nothing can be copied to {destination}. Copy to rclone::sftp,host=name,user=name:path instead, or run this on that computer.",
                destination,
                ErrorCategory.NotImplemented);
        }

        if (RcloneDestination.IsLocation(destination))
        {
            return destination;
        }

        return destination.StartsWith("rclone:", StringComparison.OrdinalIgnoreCase)
            ? throw new InputException("InvalidPath", $"'{destination}' is not written as rclone:remote:path.", destination)
            : LocationResolver.ToFullPath(SessionState.Path, destination);
    }
}
