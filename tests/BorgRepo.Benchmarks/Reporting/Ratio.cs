namespace BorgRepo.Benchmarks.Reporting;

/// <summary>A ratio over all rounds.</summary>
/// <param name="Median">The median.</param>
/// <param name="Lowest">The worst round.</param>
/// <param name="Highest">The best round.</param>
internal readonly record struct Ratio(double Median, double Lowest, double Highest);
