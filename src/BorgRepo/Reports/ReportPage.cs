using System.Globalization;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;

namespace BorgRepo.Reports;

/// <summary>One self-contained page about a repository: no script, nothing from the network, light and dark.</summary>
internal static class ReportPage
{
    private const int MostRows = 500;
    private const int MostBars = 40;

    // What a browser that obeys it can load: nothing. The page is to be opened years later, on a computer without a network.
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'";

    private const string Style = """
        :root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#eef1f4;--live:#1a7f6b;--dead:#c9ced6;--open:#8a6fd1;--bad:#c62828;--warn:#8a5a00}
        @media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--paper:#14171a;--soft:#22272d;--live:#35b89a;--dead:#4a525c;--open:#a58cf0;--bad:#ff6b6b;--warn:#e0b050}}
        body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:62rem;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--dead)}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .6rem .2rem 0;vertical-align:top;border-bottom:1px solid var(--soft)}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}code{overflow-wrap:anywhere}
        .wide{overflow-x:auto}.bad{color:var(--bad)}.warn{color:var(--warn)}
        .bars th,.bars td{border:0;padding:.05rem .8rem .05rem 0}.bars tbody th{font-weight:normal;white-space:nowrap;width:1%}.bars td.n{width:1%}.bars thead th{font-size:.85rem;vertical-align:bottom}
        .bars td.bar{vertical-align:middle}.bar span{display:block;height:.9rem;min-width:1px;max-width:100%;background:var(--live)}
        .map{display:flex;flex-wrap:wrap;gap:2px}.map i,.legend i{width:14px;height:14px;font:bold 11px/14px system-ui,sans-serif;text-align:center;color:var(--paper)}
        i.done{background:linear-gradient(to top,var(--live) var(--l),var(--dead) 0)}i.open{background:linear-gradient(to top,var(--live) var(--l),var(--open) 0)}i.open::after{content:"U"}
        i.bad{background:var(--bad)}i.bad::after{content:"!"}
        .map i,.legend i,.bar span{print-color-adjust:exact;-webkit-print-color-adjust:exact;forced-color-adjust:none}
        .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}.legend span{display:inline-flex;gap:.4rem;align-items:center}
        @media(max-width:40rem){body{margin:1rem auto;font-size:14px}.stack thead{display:none}.stack tr{display:block;border-bottom:1px solid var(--dead);padding:.3rem 0}
        .stack td,.stack td.n{display:block;text-align:left;border:0;padding:0;white-space:normal;overflow-wrap:anywhere}.stack td[title]::before{content:attr(title) ": ";opacity:.75}.small{font-size:12px}}
        """;

    /// <summary>Writes the page.</summary>
    public static string Write(ReportData data)
    {
        Html page = new();
        BorgHealth health = data.Health;
        page.Raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
        page.Add($"<meta http-equiv=\"Content-Security-Policy\" content=\"{Policy}\">");
        page.Add($"<title>Repository {health.Path}</title>").Raw("<style>").Raw(Style).Raw("</style></head><body>\n");
        page.Add($"<h1>Repository {health.Path}</h1><p>Measured {Time(health.MeasuredAt)}.</p>");
        WriteWarnings(page, data);
        WriteSummary(page, health);
        page.Raw("\n<h2>Segments</h2>");
        SegmentMap.Draw(page, data.Segments, data.Findings.Where(finding => finding is { Severity: BorgFindingSeverity.Error, Segment: not null }).Select(finding => finding.Segment!.Value).ToHashSet());
        page.Raw("\n<h2>Sizes of objects</h2>");
        BarChart.Draw(page, "Size", "Objects", SizeBars(data.ObjectSizes));
        page.Raw("\n<h2>Age of segments</h2>");
        BarChart.Draw(page, "Written", "Bytes", AgeBars(data.Segments));
        page.Raw("\n<h2>Growth by transaction</h2>");
        page.Raw("<p>The transactions that are still on the disk.</p>");
        BarChart.Draw(page, "Transaction, day", "Bytes written", GrowthBars(data.Transactions));
        WriteFindings(page, data);
        WriteSegmentTable(page, data.Segments);
        return page.Raw("</body></html>\n").ToString();
    }

    private static void WriteWarnings(Html page, ReportData data)
    {
        if (data.Check is { } check)
        {
            page.Add($"<p><strong class=\"{(check.Passed ? string.Empty : "bad")}\">Check: {check.Conclusion}</strong>, {Number(check.Errors, "error")}, {Number(check.Warnings, "warning")} in {Number(check.Segments, "segment")}.</p>");
        }

        if (data.Health.Warnings.Count == 0)
        {
            page.Raw("<p>The measurement itself gives no warning.</p>");
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
        page.Raw("\n<h2>State</h2><table>");
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

        page.Raw("<table class=\"stack\"><thead><tr><th scope=\"col\">Severity</th><th scope=\"col\">Kind</th><th scope=\"col\" class=\"n\">Segment</th><th scope=\"col\" class=\"n\">Offset</th><th scope=\"col\">Message</th></tr></thead><tbody>");
        foreach (BorgCheckFinding finding in data.Findings.Take(MostRows))
        {
            string tone = finding.Severity switch { BorgFindingSeverity.Error => "bad", BorgFindingSeverity.Warning => "warn", _ => string.Empty };
            page.Add($"<tr><td class=\"{tone}\">{finding.Severity}</td><td>{finding.Kind}</td><td class=\"n\" title=\"Segment\">{finding.Segment}</td><td class=\"n\" title=\"Offset\">{finding.Offset}</td><td>{finding.Message}</td></tr>\n");
        }

        page.Raw("</tbody></table>");
        Rest(page, data.Findings.Count);
    }

    private static void WriteSegmentTable(Html page, IReadOnlyList<SegmentInfo> segments)
    {
        page.Raw("\n<h2>Segments with most to give up</h2><div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Segments with most to give up\"><table class=\"small\"><thead><tr>");
        page.Raw("<th scope=\"col\" class=\"n\">Segment</th><th scope=\"col\" class=\"n\">Bytes</th><th scope=\"col\" class=\"n\">Live</th><th scope=\"col\" class=\"n\">Superseded</th><th scope=\"col\" class=\"n\">Written, UTC</th></tr></thead><tbody>");
        foreach (SegmentInfo segment in segments.OrderByDescending(segment => segment.DeadBytes).Take(MostRows))
        {
            page.Add($"<tr><td class=\"n\">{segment.Segment}</td><td class=\"n\">{Count(segment.FileBytes)}</td><td class=\"n\">{Count(segment.LiveBytes)}</td><td class=\"n\">{Count(segment.DeadBytes)}</td><td class=\"n\">{segment.LastWriteUtc.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}</td></tr>\n");
        }

        page.Raw("</tbody></table></div>");
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
            bars.Add(($"below {PowerOfTwo(power)}", counts[power], Count(counts[power])));
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

    // The steps are powers of two: 1.02 kB would be exact, and strange.
    private static string PowerOfTwo(int power) => power >= 20 ? $"{1L << (power - 20)} MiB" : power >= 10 ? $"{1L << (power - 10)} KiB" : $"{1L << power} B";

    private static string Number(int? count, string what) =>
        count is { } known ? $"{Count(known)} {what}{(known == 1 ? string.Empty : "s")}" : $"{what}s not counted";

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Time(DateTime? utc) => utc?.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture) ?? "never";
}
