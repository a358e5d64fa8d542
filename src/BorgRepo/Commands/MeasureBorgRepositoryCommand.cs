using System.Management.Automation;
using BorgRepo.Core.Inspection;

namespace BorgRepo.Commands;

/// <summary>Measures health and space: what is live, dead and reclaimable, locks, quota, free space, warnings with advice.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "BorgRepository", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgHealth), typeof(string))]
public sealed class MeasureBorgRepositoryCommand : ReadingRepositoryCmdlet
{
    private readonly List<BorgHealth> _measured = [];

    /// <summary>Emit one text in the exposition format of Prometheus for all repositories, instead of objects.</summary>
    [Parameter]
    public SwitchParameter AsPrometheus { get; set; }

    private protected override void Read(RepositoryLease repository)
    {
        RepositoryHealth measured = repository.Engine.Measure(null, Stopped);
        BorgHealth health = new(repository.Source, measured);
        if (AsPrometheus)
        {
            _measured.Add(health);
        }
        else
        {
            WriteObject(health);
        }
    }

    private protected override void End()
    {
        if (AsPrometheus)
        {
            WriteObject(PrometheusText.Write(_measured));
        }
    }
}
