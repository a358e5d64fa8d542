using System.Globalization;

namespace BorgRepo.Benchmarks.Measuring;

/// <summary>Resident memory of this process as the Linux kernel counts it.</summary>
internal static class ProcessMemory
{
    /// <summary>Kibibytes resident now; 0 where it cannot be told.</summary>
    public static long ResidentKib => Status("VmRSS:");

    /// <summary>Most kibibytes resident since <see cref="ResetPeak"/>; 0 where it cannot be told.</summary>
    public static long PeakKib => Status("VmHWM:");

    /// <summary>Lets the peak begin again from the present size.</summary>
    public static void ResetPeak()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        try
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Then the peak is that of the whole process: too high, never too low.
        }
    }

    private static long Status(string field)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        string? line = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[field.Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture);
    }
}
