using System.Diagnostics;
using System.Globalization;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>How long the long forms of these tests run: <c>build.ps1 -Task Soak -Minutes N</c>, shared out among them.</summary>
/// <remarks>
/// The tests run one after the other. Their shares come to 100: crash states 20, of going back 2, of repairs 2, of copies 8,
/// for real borg 4, failing calls 12, of rclone 4, model 12, index 2, parsers 8, mutated repositories 12, damage 6, kills 6,
/// contention 2.
/// </remarks>
/// <param name="percent">The share.</param>
internal sealed class SoakTime(double percent)
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
    public bool IsLeft => _watch.Elapsed < Limit;

    /// <summary>Used up so far.</summary>
    public TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>All of the share.</summary>
    public TimeSpan Limit { get; } = TimeSpan.FromMinutes(Minutes * percent / 100);
}
