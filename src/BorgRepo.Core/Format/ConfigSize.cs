using System.Globalization;

namespace BorgRepo.Core.Format;

/// <summary>Sizes as people write them in a config: <c>1234</c>, <c>500M</c>, <c>1.5G</c>.</summary>
internal static class ConfigSize
{
    /// <summary>Reads bytes, or a number with a unit (upper case, powers of 1000).</summary>
    public static bool TryParse(string text, out long bytes)
    {
        ReadOnlySpan<char> number = text.AsSpan().Trim();
        if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out bytes))
        {
            return true;
        }

        double factor = number is [.., var unit]
            ? unit switch { 'K' => 1e3, 'M' => 1e6, 'G' => 1e9, 'T' => 1e12, 'P' => 1e15, _ => 1 }
            : 1;
        if (factor > 1)
        {
            number = number[..^1];
        }

        // Binary floating point on purpose: borg counts this way, and both must come to the same limit ("8.2M" is 8199999).
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double value))
        {
            return false;
        }

        value *= factor;
        if (!double.IsFinite(value) || value is < 0 or >= long.MaxValue)
        {
            return false;
        }

        bytes = (long)value;
        return true;
    }
}
