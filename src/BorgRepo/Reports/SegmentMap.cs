using System.Globalization;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;

namespace BorgRepo.Reports;

/// <summary>
/// Draws each segment as a cell: height filled by the share of live bytes, red with a mark where damage was found. The cells
/// flow with the width of the window. Below the map, what needs attention is said in words.
/// </summary>
internal static class SegmentMap
{
    private const int MaxCells = 12_000;
    private const int MostNames = 50;

    /// <summary>Adds the map.</summary>
    public static void Draw(Html page, IReadOnlyList<SegmentInfo> segments, IReadOnlySet<uint> damaged)
    {
        bool IsDamaged(SegmentInfo segment) => segment.Damage is not null || damaged.Contains(segment.Segment);
        page.Add($"<div class=\"map\" role=\"img\" aria-label=\"Map of {segments.Count} segments, described below\">");
        foreach (SegmentInfo segment in segments.Take(MaxCells))
        {
            bool isDamaged = IsDamaged(segment);
            double live = segment.FileBytes > 0 ? 100.0 * segment.LiveBytes / segment.FileBytes : 0;
            string share = live.ToString("0.#", CultureInfo.InvariantCulture);
            string kind = isDamaged ? "bad" : segment.IsCommitted ? "done" : "open";
            page.Add($"<i class=\"{kind}\" style=\"--l:{share}%\" title=\"Segment {segment.Segment}: {ByteSize.Format(segment.LiveBytes)} live, {ByteSize.Format(segment.DeadBytes)} superseded{(isDamaged ? ", damaged" : string.Empty)}{(segment.IsCommitted ? string.Empty : ", not committed")}\"></i>");
        }

        page.Raw("</div>");
        page.Raw("<p class=\"legend\"><span><i class=\"done\" style=\"--l:100%\"></i> live</span> <span><i class=\"done\" style=\"--l:0%\"></i> superseded</span> <span><i class=\"open\" style=\"--l:0%\"></i> not committed</span> <span><i class=\"bad\"></i> damaged</span></p>");
        if (segments.Count > MaxCells)
        {
            page.Add($"<p>The first {MaxCells} of {segments.Count} segments are drawn.</p>");
        }

        page.Add($"<p>Damaged: {Names(segments.Where(IsDamaged))}. Not committed: {Names(segments.Where(segment => !segment.IsCommitted))}.</p>");
    }

    private static string Names(IEnumerable<SegmentInfo> segments)
    {
        uint[] numbers = [.. segments.Select(segment => segment.Segment)];
        string names = string.Join(", ", numbers.Take(MostNames).Select(number => number.ToString(CultureInfo.InvariantCulture)));
        return numbers.Length == 0 ? "none" : numbers.Length > MostNames ? $"{names} and {numbers.Length - MostNames} more" : names;
    }
}
