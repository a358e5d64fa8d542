using System.Globalization;

namespace BorgRepo.Core.Format;

/// <summary>Byte counts as text: decimal units, two digits ("12.34 MB"), as borg prints them.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>Formats a count of bytes with a decimal unit.</summary>
    public static string Format(long bytes)
    {
        if (Math.Abs((decimal)bytes) < 1000)
        {
            return bytes.ToString(CultureInfo.InvariantCulture) + " B";
        }

        decimal value = bytes;
        int unit = 0;
        while (Math.Abs(value) >= 1000 && unit < Units.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return value.ToString("0.00", CultureInfo.InvariantCulture) + " " + Units[unit];
    }
}
