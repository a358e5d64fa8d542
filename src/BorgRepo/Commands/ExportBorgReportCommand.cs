using System.Management.Automation;
using System.Numerics;
using System.Text;
using BorgRepo.Core;
using BorgRepo.Core.Inspection;
using BorgRepo.Reports;

namespace BorgRepo.Commands;

/// <summary>
/// Writes one self-contained HTML page about a repository: health, a map of its segments, sizes, ages, growth, and the
/// findings of a check that are piped in.
/// </summary>
[Cmdlet(VerbsData.Export, "BorgReport", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportBorgReportCommand : ObjectCmdlet
{
    private readonly List<BorgCheckFinding> _findings = [];
    private readonly List<RepositoryTarget> _targets = [];
    private BorgCheckResult? _check;

    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = string.Empty;

    /// <summary>Findings and result of Invoke-BorgRepoCheck; they name the repository too.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Take no lock and write nothing but the page.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    /// <summary>Replace a file that exists.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        foreach (RepositoryTarget target in GetTargets())
        {
            if (!_targets.Exists(known => known.Path == target.Path))
            {
                _targets.Add(target);
            }
        }

        switch (InputObject?.BaseObject)
        {
            case BorgCheckFinding finding:
                _findings.Add(finding);
                break;
            case BorgCheckResult result:
                _check = result;
                break;
            default:
                break;
        }
    }

    private protected override void End()
    {
        if (_targets is not [RepositoryTarget target])
        {
            throw new InputException(
                "OneRepositoryNeeded",
                $"A report is about one repository, {_targets.Count} were named.",
                _targets.Select(named => named.Path).ToArray(),
                ErrorCategory.InvalidArgument);
        }

        string file = LocationResolver.ToFullPath(SessionState.Path, Destination);
        if (File.Exists(file) && !Force)
        {
            throw new InputException("FileExists", $"{file} exists already; -Force replaces it.", file, ErrorCategory.ResourceExists);
        }

        RequireRepository(target);
        if (!ShouldProcess(file, $"Write report about {target.Path}"))
        {
            return;
        }

        ReportData data;
        using (RepositoryLease repository = Open(target, NoLock ? SessionAccess.ReadNoLock : SessionAccess.Read))
        {
            data = Gather(repository);
        }

        File.WriteAllText(file, ReportPage.Write(data), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        WriteObject(new FileInfo(file));
    }

    private ReportData Gather(RepositoryLease repository)
    {
        List<SegmentInfo> segments = [];
        RepositoryHealth health = repository.Engine.Measure(segments.Add, Stopped);
        long[] sizes = new long[sizeof(int) * 8];
        foreach (ObjectInfo info in repository.Engine.Scan(cancellationToken: Stopped))
        {
            sizes[BitOperations.Log2((uint)info.Size) + (info.Size > 0 ? 1 : 0)]++;
        }

        return new ReportData(
            new BorgHealth(repository.Source, health), segments, repository.Engine.GetTransactions(Stopped), sizes, _findings, _check);
    }
}
