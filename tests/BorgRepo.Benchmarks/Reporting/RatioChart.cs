using System.Globalization;
using System.Text;

namespace BorgRepo.Benchmarks.Reporting;

/// <summary>Draws the ratios that have targets, on a logarithmic scale: a bar for what was measured, a mark for what must be.</summary>
internal static class RatioChart
{
    private const int RowHeight = 20;
    private const int Left = 260;
    private const int Plot = 560;
    private const int Top = 44;
    private const double Least = 0.5;
    private const double Most = 512;
    private static readonly double[] s_ticks = [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

    /// <summary>Draws.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="bars">Names with their targets and ratios.</param>
    public static string Draw(string title, IReadOnlyList<(Target Target, string Workload, Ratio Ratio)> bars)
    {
        int height = Top + (RowHeight * bars.Count) + 28;
        StringBuilder svg = new();
        svg.AppendLine(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Left + Plot + 70}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">");
        svg.AppendLine("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"10\" y=\"20\" font-size=\"15\">{title}</text>");
        foreach (double tick in s_ticks)
        {
            double x = At(tick);
            svg.AppendLine(CultureInfo.InvariantCulture, $"<line x1=\"{x:F1}\" y1=\"{Top - 6}\" x2=\"{x:F1}\" y2=\"{height - 24}\" stroke=\"{(tick == 1 ? "#333" : "#ddd")}\"/>");
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{x:F1}\" y=\"{height - 8}\" text-anchor=\"middle\" fill=\"#555\">{tick}x</text>");
        }

        for (int i = 0; i < bars.Count; i++)
        {
            DrawBar(svg, Top + (RowHeight * i), bars[i]);
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static void DrawBar(StringBuilder svg, int y, (Target Target, string Workload, Ratio Ratio) bar)
    {
        (Target target, string workload, Ratio ratio) = bar;
        double start = At(1);
        double end = At(ratio.Median);
        string colour = ratio.Median < target.Must ? "#c0504d" : ratio.Median < target.Aim ? "#6f9fd8" : "#4f9d4f";
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y + 13}\" text-anchor=\"end\">{workload} {target.Metric}</text>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<rect x=\"{Math.Min(start, end):F1}\" y=\"{y + 3}\" width=\"{Math.Abs(end - start):F1}\" height=\"13\" fill=\"{colour}\"/>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<line x1=\"{At(target.Must):F1}\" y1=\"{y}\" x2=\"{At(target.Must):F1}\" y2=\"{y + 19}\" stroke=\"#000\" stroke-width=\"2\"/>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{Math.Max(Math.Max(start, end), At(target.Must)) + 5:F1}\" y=\"{y + 13}\">{ratio.Median:G3}x</text>");
    }

    private static double At(double ratio) =>
        Left + (Plot * Math.Log(Math.Clamp(ratio, Least, Most) / Least) / Math.Log(Most / Least));
}
