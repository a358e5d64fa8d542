using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>
/// Segment files from short texts, built from the format's description alone: <c>P(k1,"abc") D(k1) C</c> is a PUT, a DELETE and
/// a COMMIT; <c>X(00ff)</c> are raw bytes. Key <c>kN</c> is 31 zero bytes and N, <c>zero</c> the manifest's.
/// </summary>
internal static partial class SegmentScript
{
    public static byte[] Magic => "BORG_SEG"u8.ToArray();

    public static byte[] Commit => Entry(2, []);

    public static byte[] Segment(string script) => [.. Magic, .. Entries(script)];

    public static byte[] Entries(string script)
    {
        List<byte> bytes = [];
        int end = 0;
        foreach (Match match in Word().Matches(script))
        {
            if (script[end..match.Index].Trim().Length > 0)
            {
                break;
            }

            end = match.Index + match.Length;
            bytes.AddRange(match.Groups["kind"].Value switch
            {
                "P" => Put(Key(match.Groups["key"].Value), Encoding.UTF8.GetBytes(match.Groups["value"].Value)),
                "D" => Entry(1, Key(match.Groups["key"].Value).ToArray()),
                "X" => Convert.FromHexString(match.Groups["key"].Value),
                _ => Commit,
            });
        }

        return script[end..].Trim().Length == 0 ? [.. bytes] : throw new FormatException($"Not understood: {script[end..]}");
    }

    public static ObjectId Key(int number)
    {
        byte[] bytes = new byte[ObjectId.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), number);
        return new ObjectId(bytes);
    }

    public static byte[] Put(in ObjectId id, ReadOnlySpan<byte> value) => Entry(0, [.. id.ToArray(), .. value]);

    /// <summary>An entry of any tag, optionally with a wrong size field (its checksum then is right for what is written) or checksum.</summary>
    public static byte[] Entry(byte tag, ReadOnlySpan<byte> body, uint? size = null, uint? checksum = null)
    {
        byte[] entry = new byte[9 + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), size ?? (uint)entry.Length);
        entry[8] = tag;
        body.CopyTo(entry.AsSpan(9));
        BinaryPrimitives.WriteUInt32LittleEndian(entry, checksum ?? Crc32.HashToUInt32(entry.AsSpan(4)));
        return entry;
    }

    private static ObjectId Key(string name) =>
        name == "zero" ? ObjectId.Manifest : Key(int.Parse(name.AsSpan(1), CultureInfo.InvariantCulture));

    [GeneratedRegex("""(?<kind>P)\((?<key>k\d+|zero),"(?<value>[^"]*)"\)|(?<kind>D)\((?<key>k\d+|zero)\)|(?<kind>X)\((?<key>[0-9a-f]*)\)|(?<kind>C)""")]
    private static partial Regex Word();
}
