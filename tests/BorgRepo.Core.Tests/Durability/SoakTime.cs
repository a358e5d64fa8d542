using System.Diagnostics;
using System.Globalization;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>How long the long forms of these tests run: <c>build.ps1 -Task Soak -Minutes N</c>, shared out among them.</summary>
/// <param name="share">One of how many equal shares.</param>
internal sealed class SoakTime(int share)
{
    private const double DefaultMinutes = 10;

    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>Minutes for all of them.</summary>
    public static double Minutes =>
        double.TryParse(Environment.GetEnvironmentVariable("BORGREPO_SOAK_MINUTES"), CultureInfo.InvariantCulture, out double minutes) ? minutes : DefaultMinutes;

    /// <summary>Seed to begin with; another one in each run, unless it is given.</summary>
    public static int FirstSeed { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("BORGREPO_SOAK_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : Random.Shared.Next(1_000_000);

    /// <summary>True while there is time.</summary>
    public bool IsLeft => _watch.Elapsed.TotalMinutes < Minutes / share;
}
