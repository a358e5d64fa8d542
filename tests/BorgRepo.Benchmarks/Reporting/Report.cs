using System.Globalization;
using System.Text;

namespace BorgRepo.Benchmarks.Reporting;

/// <summary>
/// Puts the figures of a comparison into docs/benchmarks.md, between two marks: what people write around them stays. A chart
/// of the ratios is written beside it.
/// </summary>
internal static class Report
{
    private const string Begin = "<!-- figures: written by build.ps1 -Task Bench -->";
    private const string End = "<!-- end of figures -->";

    /// <summary>Writes.</summary>
    /// <param name="rows">The rows that compare.py kept.</param>
    /// <param name="page">The page.</param>
    public static void Write(string rows, string page)
    {
        Measurements measured = Measurements.Read(rows);
        string text = File.ReadAllText(page);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal);
        int end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new InvalidDataException($"{page} has no place for figures: the marks '{Begin}' and '{End}' are missing.");
        }

        string chart = Path.ChangeExtension(page, ".svg");
        string main = Compared(measured);
        var bars = Bars(measured, main).ToList();
        File.WriteAllText(chart, RatioChart.Draw($"{main} against {measured.Base}: higher is better, black marks are the floors", bars));
        string figures = Figures(measured, main, bars, Path.GetFileName(chart));
        File.WriteAllText(page, text[..(begin + Begin.Length)] + "\n\n" + figures + "\n" + text[end..]);
    }

    // Targets are held against the set with compiled code and one thread.
    private static string Compared(Measurements measured) =>
        measured.Implementations.FirstOrDefault(name => name != measured.Base && name.EndsWith("-warm", StringComparison.Ordinal) && !name.Contains("t-warm", StringComparison.Ordinal) && !name.Contains("-checkpoint", StringComparison.Ordinal))
        ?? measured.Implementations.First(name => name != measured.Base);

    private static IEnumerable<(Target Target, string Workload, Ratio Ratio)> Bars(Measurements measured, string implementation)
    {
        foreach (Target target in TargetCatalog.All)
        {
            foreach (string workload in measured.Workloads.Where(target.IsFor))
            {
                if (measured.Compare(implementation, workload, target.Metric) is { } ratio)
                {
                    yield return (target, workload, ratio);
                }
            }
        }
    }

    private static string Figures(Measurements measured, string main, List<(Target Target, string Workload, Ratio Ratio)> bars, string chart)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"Measured on {DateTime.UtcNow:yyyy-MM-dd}, {(measured.Rounds.Least == measured.Rounds.Most ? string.Empty : $"{measured.Rounds.Least} to ")}{measured.Rounds.Most} rounds, the programs in turn: {string.Join(", ", measured.Implementations)}.\n");
        foreach (string fact in Machine.Describe())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"* {fact}");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"\n![Ratios to borg]({chart})\n\n### Against the targets\n\n`{main}`, median of the rounds' ratios.\n");
        string[] ours = [.. measured.Implementations.Where(name => name != measured.Base)];
        string[] others = [.. ours.Where(name => name != main)];
        text.AppendLine(CultureInfo.InvariantCulture, $"| workload | metric | must | aim | ratio | worst to best round | |{string.Concat(others.Select(name => $" {name} |"))}");
        text.AppendLine(CultureInfo.InvariantCulture, $"| --- | --- | --- | --- | --- | --- | --- |{string.Concat(others.Select(_ => " --- |"))}");
        foreach ((Target target, string workload, Ratio ratio) in bars)
        {
            string verdict = ratio.Median < target.Must ? "**missed**" : ratio.Median < target.Aim ? "met" : "aim met";
            text.AppendLine(CultureInfo.InvariantCulture, $"| {workload} | {target.Metric} | {target.Must:G3} | {target.Aim:G3} | {ratio.Median:F2} | {ratio.Lowest:F2} to {ratio.Highest:F2} | {verdict} |{string.Concat(others.Select(Cell))}");
            string Cell(string name) => measured.Compare(name, workload, target.Metric) is { } other
                ? string.Create(CultureInfo.InvariantCulture, $" {other.Median:F2} |")
                : " |";
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"\n### All metrics\n\nMedians; in brackets how much better than {measured.Base}.\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"| workload | metric | unit | {measured.Base} | {string.Join(" | ", ours)} |");
        text.AppendLine(CultureInfo.InvariantCulture, $"| --- | --- | --- | --- |{string.Concat(ours.Select(_ => " --- |"))}");
        foreach (string workload in measured.Workloads)
        {
            foreach (string metric in measured.MetricsOf(workload))
            {
                text.AppendLine(Row(measured, ours, workload, metric));
            }
        }

        return text.ToString();
    }

    private static string Row(Measurements measured, string[] ours, string workload, string metric)
    {
        string unit = measured.Implementations.SelectMany(name => measured.Of(name, workload, metric)).First().Unit;
        IEnumerable<string> cells = ours.Select(name =>
        {
            Ratio? ratio = unit == "count" ? null : measured.Compare(name, workload, metric);
            return Number(measured.MedianOf(name, workload, metric))
                + (ratio is { } known ? string.Create(CultureInfo.InvariantCulture, $" ({known.Median:F2})") : string.Empty);
        });
        return $"| {workload} | {metric} | {unit} | {Number(measured.MedianOf(measured.Base, workload, metric))} | {string.Join(" | ", cells)} |";
    }

    private static string Number(double? value) => value switch
    {
        null => string.Empty,
        >= 10_000 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("G4", CultureInfo.InvariantCulture),
    };
}
