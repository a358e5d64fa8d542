using System.Globalization;
using System.Text;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Copying;

/// <summary>
/// The file <c>copy.manifest</c> of a copy: which segments came from its source, and how they looked there. It lets the next
/// copy skip what did not change, tell a damaged copy from a changed source, and tell a copy from a repository that somebody
/// writes to. borg does not look at it. Without it everything is compared.
/// </summary>
public sealed class CopyManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "copy.manifest";

    private const string Magic = "borgrepo-copy 1";

    /// <summary>The repository that is copied.</summary>
    public required ObjectId Id { get; init; }

    /// <summary>Segments that came, or are about to come, from the source.</summary>
    public SortedDictionary<uint, ManifestEntry> Segments { get; } = [];

    /// <summary>Segments that a copy made itself, see <see cref="BridgeSegment"/>.</summary>
    public SortedSet<uint> Bridges { get; } = [];

    /// <summary>Reads a file.</summary>
    /// <returns>Null if it is not such a file, or not complete.</returns>
    public static CopyManifest? Parse(ReadOnlySpan<byte> content)
    {
        string[] lines = Encoding.UTF8.GetString(content).Split('\n');
        if (lines.Length < 4 || lines[0] != Magic || !lines[1].StartsWith("id ", StringComparison.Ordinal)
            || !ObjectId.TryParse(lines[1][3..], out ObjectId id) || lines[^2] != EndOf(lines.Length - 4) || lines[^1].Length > 0)
        {
            return null;
        }

        CopyManifest manifest = new() { Id = id };
        return lines.AsSpan(2, lines.Length - 4).ToArray().All(manifest.TryAdd) ? manifest : null;
    }

    /// <summary>The content of the file.</summary>
    public byte[] ToBytes()
    {
        StringBuilder text = new();
        text.Append(Magic).Append("\nid ").Append(Id).Append('\n');
        foreach ((uint number, ManifestEntry entry) in Segments)
        {
            string hash = entry.Hash is { } known ? known.ToString("x32", CultureInfo.InvariantCulture) : "-";
            text.Append(CultureInfo.InvariantCulture, $"{number} {entry.Length} {entry.DataLength} {entry.LastWriteTicks} {hash}\n");
        }

        foreach (uint number in Bridges)
        {
            text.Append(CultureInfo.InvariantCulture, $"bridge {number}\n");
        }

        return Encoding.UTF8.GetBytes(text.Append(EndOf(Segments.Count + Bridges.Count)).Append('\n').ToString());
    }

    /// <summary>True if a segment of the destination is known to come from a copy.</summary>
    public bool Knows(uint segment) => Segments.ContainsKey(segment) || Bridges.Contains(segment);

    private static string EndOf(int count) => string.Create(CultureInfo.InvariantCulture, $"end {count}");

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private bool TryAdd(string line)
    {
        string[] words = line.Split(' ');
        if (words is ["bridge", _])
        {
            return SegmentName.TryParse(words[1], out uint bridge) && Bridges.Add(bridge);
        }

        if (words.Length != 5 || !SegmentName.TryParse(words[0], out uint number) || !TryNumber(words[1], out long length)
            || !TryNumber(words[2], out long dataLength) || !TryNumber(words[3], out long ticks))
        {
            return false;
        }

        UInt128 hash = 0;
        if (words[4] != "-" && !UInt128.TryParse(words[4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out hash))
        {
            return false;
        }

        return Segments.TryAdd(number, new ManifestEntry(length, dataLength, ticks, words[4] == "-" ? null : hash));
    }
}
