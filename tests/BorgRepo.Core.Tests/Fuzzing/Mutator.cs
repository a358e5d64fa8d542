using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace BorgRepo.Core.Tests.Fuzzing;

/// <summary>
/// Changes bytes as damage and malice do: bits and bytes, numbers at the edges of their ranges, in binary of either order
/// and in digits, pieces lost, doubled, moved or taken from another file, cuts. The same chances give the same result.
/// </summary>
internal static class Mutator
{
    private const int MostChanges = 6;
    private const int LongestPiece = 64;

    private static readonly long[] s_edges =
    [
        0, 1, -1, 2, 7, 8, 9, 15, 16, 31, 32, 40, 41, 42, 127, 128, 255, 256, 65535, 65536, 20 << 20, (20 << 20) + 1,
        int.MaxValue, int.MinValue, uint.MaxValue, uint.MaxValue - 1, 0xFFFF_FBFF, 0xFFFF_FC00, 1L << 60, long.MaxValue, long.MinValue,
    ];

    // First bytes of msgpack values, tags of entries, and what text formats are made of.
    private static readonly byte[] s_bytes =
    [
        0, 1, 2, 3, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x94, 0x9f, 0xa0, 0xa1, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc6, 0xc7, 0xca, 0xcb, 0xcc, 0xcf,
        0xd0, 0xd3, 0xd4, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff,
        .. "\0\n\r\t \"'\\,:;=#[]{}-.019aefux"u8,
    ];

    private static readonly string[] s_texts = ["null", "true", "[]", "{}", "\"\"", "\\ud800", "1e999", "-0", "1.5", "\n\n", "[repository]", "\u2028", "\ufeff"];

    /// <summary>A changed copy.</summary>
    /// <param name="original">Where to begin.</param>
    /// <param name="other">Something else to take pieces from.</param>
    /// <param name="random">Decides.</param>
    public static byte[] Mutate(byte[] original, byte[] other, Random random)
    {
        List<byte> bytes = [.. original];
        for (int changes = 1 + random.Next(MostChanges); changes > 0; changes--)
        {
            Change(bytes, other, random);
        }

        return [.. bytes];
    }

    private static void Change(List<byte> bytes, byte[] other, Random random)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }

        int at = random.Next(bytes.Count);
        int length = 1 + random.Next(Math.Min(LongestPiece, bytes.Count - at));
        switch (random.Next(12))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3:
                bytes[at] = s_bytes[random.Next(s_bytes.Length)];
                break;
            case 4 or 5:
                Overwrite(bytes, at, Number(random));
                break;
            case 6:
                bytes.RemoveRange(at, length);
                break;
            case 7:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 8:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 9 when other.Length > 0:
                int from = random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, 1 + random.Next(LongestPiece))));
                break;
            case 10:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(s_texts[random.Next(s_texts.Length)]));
                break;
            default:
                ReplaceDigits(bytes, at, random);
                break;
        }
    }

    private static byte[] Number(Random random)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, s_edges[random.Next(s_edges.Length)] + random.Next(-1, 2));
        Array.Resize(ref bytes, 1 << random.Next(4));
        if (random.Next(2) == 0)
        {
            Array.Reverse(bytes);
        }

        return bytes;
    }

    private static void ReplaceDigits(List<byte> bytes, int at, Random random)
    {
        int start = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
        {
            return;
        }

        int end = bytes.FindIndex(start, b => b is < (byte)'0' or > (byte)'9');
        bytes.RemoveRange(start, (end < 0 ? bytes.Count : end) - start);
        bytes.InsertRange(start, Encoding.ASCII.GetBytes(s_edges[random.Next(s_edges.Length)].ToString(CultureInfo.InvariantCulture)));
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] piece)
    {
        for (int i = 0; i < piece.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = piece[i];
        }
    }
}
