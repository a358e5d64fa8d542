using System.Text.Json.Serialization;

namespace BorgRepo.Benchmarks.Reporting;

/// <summary>One value that was measured, as compare.py keeps it.</summary>
/// <param name="Round">The round, in which every program ran once.</param>
/// <param name="Implementation">Who was measured.</param>
/// <param name="Workload">Workload, a slash, where.</param>
/// <param name="Metric">What.</param>
/// <param name="Value">How much.</param>
/// <param name="Unit">Of what. Units that end in <c>/s</c> are better when higher.</param>
internal sealed record MeasuredRow(
    [property: JsonPropertyName("round")] int Round,
    [property: JsonPropertyName("impl")] string Implementation,
    [property: JsonPropertyName("workload")] string Workload,
    [property: JsonPropertyName("metric")] string Metric,
    [property: JsonPropertyName("value")] double Value,
    [property: JsonPropertyName("unit")] string Unit)
{
    /// <summary>True if more is better.</summary>
    public bool IsRate => Unit.EndsWith("/s", StringComparison.Ordinal);
}
