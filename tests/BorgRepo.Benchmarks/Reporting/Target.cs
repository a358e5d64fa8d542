namespace BorgRepo.Benchmarks.Reporting;

/// <summary>How much better than borg something has to be, and should be.</summary>
/// <param name="Workload">Workload.</param>
/// <param name="Label">Where: tmpfs, disk; null for wherever it was measured.</param>
/// <param name="Metric">What.</param>
/// <param name="Must">The floor.</param>
/// <param name="Aim">What the measured pieces say it can be.</param>
internal sealed record Target(string Workload, string? Label, string Metric, double Must, double Aim)
{
    /// <summary>True for a workload as it is named in rows.</summary>
    public bool IsFor(string workload) => Label is null ? workload.Split('/')[0] == Workload : workload == $"{Workload}/{Label}";
}
