using System.Globalization;
using System.Text.Json;

namespace BorgRepo.Benchmarks.Measuring;

/// <summary>Prints measurements as rows of JSON, one a line, in the form of borg-baseline.py.</summary>
/// <param name="output">Where to; null prints nothing.</param>
/// <param name="implementation">Who was measured.</param>
/// <param name="workload">Workload, a slash, the label.</param>
internal sealed class RowWriter(TextWriter? output, string implementation, string workload)
{
    /// <summary>Prints a measured value.</summary>
    public void Write(string metric, double value, string unit) =>
        WriteRaw(metric, Round(value).ToString("R", CultureInfo.InvariantCulture), unit);

    /// <summary>Prints a number of things.</summary>
    public void Write(string metric, long value, string unit) => WriteRaw(metric, value.ToString(CultureInfo.InvariantCulture), unit);

    private static double Round(double value) => double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private void WriteRaw(string metric, string value, string unit)
    {
        output?.WriteLine(
            $"{{\"impl\": {Quote(implementation)}, \"workload\": {Quote(workload)}, \"metric\": {Quote(metric)}, \"value\": {value}, \"unit\": {Quote(unit)}}}");
        output?.Flush();
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
