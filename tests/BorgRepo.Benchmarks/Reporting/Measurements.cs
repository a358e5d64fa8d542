using System.Text.Json;

namespace BorgRepo.Benchmarks.Reporting;

/// <summary>All that a comparison measured.</summary>
internal sealed class Measurements
{
    private readonly ILookup<(string Implementation, string Workload, string Metric), MeasuredRow> _rows;

    private Measurements(IReadOnlyList<MeasuredRow> rows)
    {
        _rows = rows.ToLookup(row => (row.Implementation, row.Workload, row.Metric));
        Implementations = [.. rows.Select(row => row.Implementation).Distinct()];
        Workloads = [.. rows.Select(row => row.Workload).Distinct()];
        IEnumerable<int> rounds = rows.GroupBy(row => row.Workload).Select(group => group.Max(row => row.Round));
        Rounds = (rounds.DefaultIfEmpty().Min(), rounds.DefaultIfEmpty().Max());

        // Whatever the order in which they ran: what is not ours is what we are compared with.
        Base = Implementations.FirstOrDefault(name => !name.StartsWith("borgrepo", StringComparison.Ordinal))
            ?? throw new InvalidDataException("The rows have nothing to compare with.");
    }

    /// <summary>What the others are compared with.</summary>
    public string Base { get; }

    /// <summary>All programs.</summary>
    public IReadOnlyList<string> Implementations { get; }

    /// <summary>All workloads.</summary>
    public IReadOnlyList<string> Workloads { get; }

    /// <summary>How often each program ran: on the workload that was run least, and on the one that was run most.</summary>
    public (int Least, int Most) Rounds { get; }

    /// <summary>Reads the rows that compare.py wrote.</summary>
    public static Measurements Read(string path) =>
        new([.. File.ReadLines(path).Select(line => JsonSerializer.Deserialize<MeasuredRow>(line)!)]);

    /// <summary>The metrics of a workload, in the order in which they were measured.</summary>
    public IEnumerable<string> MetricsOf(string workload) =>
        _rows.Where(group => group.Key.Workload == workload).Select(group => group.Key.Metric).Distinct();

    /// <summary>The values of all rounds.</summary>
    public IReadOnlyList<MeasuredRow> Of(string implementation, string workload, string metric) =>
        [.. _rows[(implementation, workload, metric)]];

    /// <summary>
    /// How much better a program is than the base, above 1 being better whatever the metric: the median of the ratios inside
    /// each round, since a machine whose speed drifts moves both sides of a ratio. Null if one of the two has no value.
    /// </summary>
    public Ratio? Compare(string implementation, string workload, string metric)
    {
        var theirs = Of(Base, workload, metric).ToDictionary(row => row.Round);
        double[] ratios =
        [
            .. Of(implementation, workload, metric)
                .Where(row => row.Value > 0 && theirs.TryGetValue(row.Round, out MeasuredRow? other) && other.Value > 0)
                .Select(row => row.IsRate ? row.Value / theirs[row.Round].Value : theirs[row.Round].Value / row.Value)
                .Order(),
        ];
        return ratios.Length == 0 ? null : new Ratio(Median(ratios), ratios[0], ratios[^1]);
    }

    /// <summary>The median of the rounds; null if there is none.</summary>
    public double? MedianOf(string implementation, string workload, string metric)
    {
        double[] values = [.. Of(implementation, workload, metric).Select(row => row.Value).Order()];
        return values.Length == 0 ? null : Median(values);
    }

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
