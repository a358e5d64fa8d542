using System.Globalization;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Segments;

/// <summary>A choice of segments: single numbers and ranges.</summary>
public sealed class SegmentSelection
{
    private readonly List<(uint First, uint Last)> _ranges = [];

    /// <summary>Reads numbers ("17") and ranges with both ends included ("20..30").</summary>
    /// <exception cref="FormatException">Something else.</exception>
    public static SegmentSelection Parse(IEnumerable<string> texts)
    {
        SegmentSelection selection = new();
        foreach (string text in texts)
        {
            string[] ends = text.Split("..", StringSplitOptions.TrimEntries);
            if (ends.Length > 2 || !TryParse(ends[0], out uint first) || !TryParse(ends[^1], out uint last) || last < first)
            {
                throw new FormatException($"'{text}' is neither the number of a segment nor a range such as 20..30.");
            }

            selection._ranges.Add((first, last));
        }

        return selection;
    }

    /// <summary>True if the segment is chosen.</summary>
    public bool Contains(uint segment) => _ranges.Exists(range => segment >= range.First && segment <= range.Last);

    private static bool TryParse(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= SegmentName.Max;
}
