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
    /// <summary>Reads back what <see cref="Format"/>, or borg, wrote; exact to the digits that are there.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        int unit = space < 0 ? -1 : Array.IndexOf(Units, text[(space + 1)..]);
        if (unit < 0 || !decimal.TryParse(text.AsSpan(0, space), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal value)
            || Math.Abs(value) >= 1_000_000)
        {
            return false;
        }

        for (; unit > 0; unit--)
        {
            value *= 1000;
        }

        if (Math.Abs(value) > long.MaxValue)
        {
            return false;
        }

        bytes = (long)value;
        return true;
    }
}
