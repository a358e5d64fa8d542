using System.Globalization;

namespace BorgRepo.Reports;

/// <summary>Draws bars, with their numbers readable without a mouse: each bar has its label and value beside it.</summary>
internal static class BarChart
{
    private const int LineHeight = 20;
    private const int LabelWidth = 150;
    private const int BarWidth = 480;
    private const int Width = 760;

    /// <summary>Adds a chart.</summary>
    /// <param name="page">The page.</param>
    /// <param name="title">What it shows, for those who do not see it.</param>
    /// <param name="bars">Label, length and text of each bar.</param>
    public static void Draw(Html page, string title, IReadOnlyList<(string Label, double Value, string Text)> bars)
    {
        if (bars.Count == 0)
        {
            page.Raw("<p>Nothing to show.</p>");
            return;
        }

        double most = Math.Max(bars.Max(bar => bar.Value), double.Epsilon);
        page.Add($"<svg class=\"bars\" role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {Width} {bars.Count * LineHeight}\">");
        for (int i = 0; i < bars.Count; i++)
        {
            (string label, double value, string text) = bars[i];
            double length = BarWidth * value / most;
            page.Add($"<text x=\"{LabelWidth - 8}\" y=\"{(i * LineHeight) + 14}\" text-anchor=\"end\">{label}</text>");
            page.Add($"<rect class=\"live\" x=\"{LabelWidth}\" y=\"{(i * LineHeight) + 3}\" width=\"{Number(length)}\" height=\"{LineHeight - 6}\"/>");
            page.Add($"<text x=\"{Number(LabelWidth + length + 6)}\" y=\"{(i * LineHeight) + 14}\">{text}</text>");
        }

        page.Raw("</svg>");
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
