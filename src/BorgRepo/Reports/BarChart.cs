using System.Globalization;

namespace BorgRepo.Reports;

/// <summary>
/// Draws bars as a table: label and number are text that any reader shows, finds and speaks, at any width of the window; the
/// bar stands beside them.
/// </summary>
internal static class BarChart
{
    /// <summary>Adds a chart.</summary>
    /// <param name="page">The page.</param>
    /// <param name="labels">What the labels are.</param>
    /// <param name="values">What the lengths are.</param>
    /// <param name="bars">Label, length and text of each bar.</param>
    public static void Draw(Html page, string labels, string values, IReadOnlyList<(string Label, double Value, string Text)> bars)
    {
        if (bars.Count == 0)
        {
            page.Raw("<p>Nothing to show.</p>");
            return;
        }

        double most = Math.Max(bars.Max(bar => bar.Value), double.Epsilon);
        page.Add($"<table class=\"bars\"><thead><tr><th scope=\"col\">{labels}</th><th scope=\"col\" class=\"n\">{values}</th><td></td></tr></thead><tbody>");
        foreach ((string label, double value, string text) in bars)
        {
            string share = (100 * value / most).ToString("0.#", CultureInfo.InvariantCulture);
            page.Add($"<tr><th scope=\"row\">{label}</th><td class=\"n\">{text}</td><td class=\"bar\"><span style=\"width:{share}%\"></span></td></tr>\n");
        }

        page.Raw("</tbody></table>");
    }
}
