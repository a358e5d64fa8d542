using System.Globalization;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;

namespace BorgRepo.Reports;

/// <summary>
/// Draws each segment as a cell: height filled by the share of live bytes, red where damage was found. Every cell has a
/// title, and the table after the map says the same in words.
/// </summary>
internal static class SegmentMap
{
    private const int Columns = 60;
    private const int Cell = 14;
    private const int MaxCells = 12_000;

    /// <summary>Adds the map as an inline picture.</summary>
    public static void Draw(Html page, IReadOnlyList<SegmentInfo> segments, IReadOnlySet<uint> damaged)
    {
        int shown = Math.Min(segments.Count, MaxCells);
        int rows = Math.Max(1, (shown + Columns - 1) / Columns);
        page.Add($"<svg class=\"map\" role=\"img\" aria-label=\"Map of {segments.Count} segments\" viewBox=\"0 0 {Columns * Cell} {rows * Cell}\">");
        for (int i = 0; i < shown; i++)
        {
            SegmentInfo segment = segments[i];
            int x = i % Columns * Cell;
            int y = i / Columns * Cell;
            bool isDamaged = segment.Damage is not null || damaged.Contains(segment.Segment);
            double live = segment.FileBytes > 0 ? (double)segment.LiveBytes / segment.FileBytes : 0;
            string height = Number((Cell - 2) * live);
            string top = Number(y + 1 + ((Cell - 2) * (1 - live)));
            string kind = isDamaged ? "bad" : segment.IsCommitted ? "dead" : "open";
            page.Add($"<g><title>Segment {segment.Segment}: {ByteSize.Format(segment.LiveBytes)} live, {ByteSize.Format(segment.DeadBytes)} superseded{(isDamaged ? ", damaged" : string.Empty)}{(segment.IsCommitted ? string.Empty : ", not committed")}</title>");
            page.Add($"<rect class=\"{kind}\" x=\"{x + 1}\" y=\"{y + 1}\" width=\"{Cell - 2}\" height=\"{Cell - 2}\"/>");
            if (!isDamaged)
            {
                page.Add($"<rect class=\"live\" x=\"{x + 1}\" y=\"{top}\" width=\"{Cell - 2}\" height=\"{height}\"/>");
            }

            page.Raw("</g>");
        }

        page.Raw("</svg>");
        page.Raw("<p class=\"legend\"><span class=\"key live\"></span> live <span class=\"key dead\"></span> superseded <span class=\"key open\"></span> not committed <span class=\"key bad\"></span> damaged</p>");
        if (shown < segments.Count)
        {
            page.Add($"<p>The first {shown} of {segments.Count} segments are drawn.</p>");
        }
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
