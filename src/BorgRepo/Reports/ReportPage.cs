using System.Globalization;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;

namespace BorgRepo.Reports;

/// <summary>One self-contained page about a repository: no script, nothing from the network, light and dark.</summary>
internal static class ReportPage
{
    private const int MostRows = 500;
    private const int MostBars = 40;

    private const string Style = """
        :root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#eef1f4;--live:#1a7f6b;--dead:#c9ced6;--open:#8a6fd1;--bad:#c62828;--warn:#8a5a00}
        @media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--paper:#14171a;--soft:#22272d;--live:#35b89a;--dead:#4a525c;--open:#a58cf0;--bad:#ff6b6b;--warn:#e0b050}}
        body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--dead)}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .6rem .2rem 0;vertical-align:top;border-bottom:1px solid var(--soft)}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}code{overflow-wrap:anywhere}
        .bad{fill:var(--bad);color:var(--bad)}.warn{color:var(--warn)}.live{fill:var(--live)}.dead{fill:var(--dead)}.open{fill:var(--open)}
        svg{width:100%;height:auto}svg text{fill:var(--ink);font-size:12px}
        .key{display:inline-block;width:.8em;height:.8em;margin-left:.8em}.key.live{background:var(--live)}.key.dead{background:var(--dead)}.key.open{background:var(--open)}.key.bad{background:var(--bad)}
        """;

    /// <summary>Writes the page.</summary>
    public static string Write(ReportData data)
    {
        Html page = new();
        BorgHealth health = data.Health;
        page.Raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        page.Add($"<title>Repository {health.Path}</title>").Raw("<style>").Raw(Style).Raw("</style></head><body>\n");
        page.Add($"<h1>Repository {health.Path}</h1><p>Measured {Time(health.MeasuredAt)}.</p>");
        WriteWarnings(page, data);
        WriteSummary(page, health);
        page.Raw("\n<h2>Segments</h2>");
        SegmentMap.Draw(page, data.Segments, data.Findings.Where(finding => finding is { Severity: BorgFindingSeverity.Error, Segment: not null }).Select(finding => finding.Segment!.Value).ToHashSet());
        page.Raw("\n<h2>Sizes of objects</h2>");
        BarChart.Draw(page, "Objects by size", SizeBars(data.ObjectSizes));
        page.Raw("\n<h2>Age of segments</h2>");
        BarChart.Draw(page, "Bytes of segments by month of writing", AgeBars(data.Segments));
        page.Raw("\n<h2>Growth by transaction</h2>");
        BarChart.Draw(page, "Bytes written by each transaction that is still there", GrowthBars(data.Transactions));
        WriteFindings(page, data);
        WriteSegmentTable(page, data.Segments);
        return page.Raw("</body></html>\n").ToString();
    }

    private static void WriteWarnings(Html page, ReportData data)
    {
        if (data.Check is { } check)
        {
            page.Add($"<p><strong class=\"{(check.Passed ? string.Empty : "bad")}\">Check: {check.Conclusion}</strong>, {check.Errors} errors, {check.Warnings} warnings in {check.Segments} segments.</p>");
        }

        if (data.Health.Warnings.Count == 0)
        {
            page.Raw("<p>No warnings.</p>");
            return;
        }

        page.Raw("<ul>");
        foreach (BorgHealthWarning warning in data.Health.Warnings)
        {
            page.Add($"<li class=\"warn\"><strong>{warning.Code}</strong> {warning.Message}</li>");
        }

        page.Raw("</ul>");
    }

    private static void WriteSummary(Html page, BorgHealth health)
    {
        page.Raw("<h2>State</h2><table>");
        Row("Repository id", health.RepositoryId);
        Row("Last transaction", health.TransactionId is { } last ? $"{last}, written {Time(health.TransactionTime)}" : "none");
        Row("Objects", Count(health.Objects));
        Row("Segments", $"{Count(health.Segments)}, of them {Count(health.CommitOnlySegments)} with nothing but a COMMIT");
        Row("Bytes", $"{ByteSize.Format(health.SegmentBytes)}: {ByteSize.Format(health.LiveBytes)} live, {ByteSize.Format(health.DeadBytes)} superseded");
        Row("Reclaimable", health.ReclaimableBytes is { } bytes ? ByteSize.Format(bytes) : "not by compaction");
        Row("Quota", health.StorageQuota > 0 ? $"{ByteSize.Format(health.QuotaUse ?? 0)} of {ByteSize.Format(health.StorageQuota)}" : "none");
        Row("Free on the volume", health.FreeVolumeBytes is { } free ? ByteSize.Format(free) : "unknown");
        Row("Append-only", health.AppendOnly ? "yes" : "no");
        Row("Locks held by others", Count(health.LockHolders));
        page.Raw("</table>");
        void Row(string name, string value) => page.Add($"<tr><th scope=\"row\">{name}</th><td><code>{value}</code></td></tr>");
    }

    private static void WriteFindings(Html page, ReportData data)
    {
        page.Raw("\n<h2>Findings</h2>");
        if (data.Findings.Count == 0)
        {
            page.Raw(data.Check is null ? "<p>No check was passed in.</p>" : "<p>The check found nothing.</p>");
            return;
        }

        page.Raw("<table><tr><th>Severity</th><th>Kind</th><th class=\"n\">Segment</th><th class=\"n\">Offset</th><th>Message</th></tr>");
        foreach (BorgCheckFinding finding in data.Findings.Take(MostRows))
        {
            page.Add($"<tr><td class=\"{(finding.Severity == BorgFindingSeverity.Error ? "bad" : "warn")}\">{finding.Severity}</td><td>{finding.Kind}</td><td class=\"n\">{finding.Segment}</td><td class=\"n\">{finding.Offset}</td><td>{finding.Message}</td></tr>");
        }

        page.Raw("</table>");
        Rest(page, data.Findings.Count);
    }

    private static void WriteSegmentTable(Html page, IReadOnlyList<SegmentInfo> segments)
    {
        page.Raw("\n<h2>Segments with most to give up</h2><table><tr><th class=\"n\">Segment</th><th class=\"n\">Bytes</th><th class=\"n\">Live</th><th class=\"n\">Superseded</th><th>Written</th></tr>");
        foreach (SegmentInfo segment in segments.OrderByDescending(segment => segment.DeadBytes).Take(MostRows))
        {
            page.Add($"<tr><td class=\"n\">{segment.Segment}</td><td class=\"n\">{Count(segment.FileBytes)}</td><td class=\"n\">{Count(segment.LiveBytes)}</td><td class=\"n\">{Count(segment.DeadBytes)}</td><td>{Time(segment.LastWriteUtc)}</td></tr>");
        }

        page.Raw("</table>");
        Rest(page, segments.Count);
    }

    private static void Rest(Html page, int count)
    {
        if (count > MostRows)
        {
            page.Add($"<p>{count - MostRows} more are not shown.</p>");
        }
    }

    private static List<(string, double, string)> SizeBars(IReadOnlyList<long> counts)
    {
        List<(string, double, string)> bars = [];
        int last = counts.Count - 1;
        while (last >= 0 && counts[last] == 0)
        {
            last--;
        }

        int first = 0;
        while (first < last && counts[first] == 0)
        {
            first++;
        }

        for (int power = first; power <= last; power++)
        {
            bars.Add(($"below {ByteSize.Format(1L << power)}", counts[power], Count(counts[power])));
        }

        return bars;
    }

    private static List<(string, double, string)> AgeBars(IReadOnlyList<SegmentInfo> segments) => [.. segments
        .GroupBy(segment => segment.LastWriteUtc.ToString("yyyy-MM", CultureInfo.InvariantCulture))
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .TakeLast(MostBars)
        .Select(group => (group.Key, (double)group.Sum(segment => segment.FileBytes), ByteSize.Format(group.Sum(segment => segment.FileBytes))))];

    private static List<(string, double, string)> GrowthBars(IReadOnlyList<TransactionInfo> transactions) => [.. transactions
        .Where(transaction => transaction.IsOnDisk)
        .TakeLast(MostBars)
        .Select(transaction => (
            $"{transaction.Id} {(transaction.LoggedUtc ?? transaction.WrittenUtc)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}",
            (double)transaction.Bytes,
            ByteSize.Format(transaction.Bytes)))];

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(DateTime? utc) => utc?.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) ?? "never";
}
