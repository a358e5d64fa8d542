using System.Globalization;
using System.Runtime.InteropServices;

namespace BorgRepo.Benchmarks.Reporting;

/// <summary>Says on what was measured.</summary>
internal static class Machine
{
    /// <summary>One line a fact.</summary>
    public static IEnumerable<string> Describe()
    {
        yield return $"processor: {Processor()}, {Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)} logical cores";
        yield return string.Create(CultureInfo.InvariantCulture, $"memory: {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30):F1} GiB");
        yield return $"system: {RuntimeInformation.OSDescription}";
        yield return $"runtime: {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}";
    }

    private static string Processor()
    {
        const string CpuInfo = "/proc/cpuinfo";
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
