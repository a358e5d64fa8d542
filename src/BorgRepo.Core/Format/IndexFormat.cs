using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace BorgRepo.Core.Format;

/// <summary>
/// Layout of an index file: an 18-byte header (magic, entries i32, buckets i32, key size u8, value size u8), then buckets
/// of 40 bytes (key, segment u32, offset u32), everything little endian (docs/format.md, "Index"). The file is an
/// open-addressing hash table as it lies in memory; the limits below say when it is resized.
/// </summary>
public static class IndexFormat
{
    /// <summary>Bytes before the first bucket.</summary>
    public const int HeaderSize = 18;

    /// <summary>Bytes of a bucket.</summary>
    public const int BucketSize = KeySize + ValueSize;

    /// <summary>Bytes of a bucket's key.</summary>
    public const int KeySize = ObjectId.Length;

    /// <summary>Bytes of a bucket's value.</summary>
    public const int ValueSize = 8;

    /// <summary>Segment field of a bucket that was never used since the table was built.</summary>
    public const uint EmptyMarker = 0xFFFF_FFFF;

    /// <summary>Segment field of a bucket whose entry was removed. Its key and offset still show the removed entry's.</summary>
    public const uint DeletedMarker = 0xFFFF_FFFE;

    /// <summary>Highest segment number that a used bucket can hold; what lies between it and the markers is reserved.</summary>
    public const uint MaxSegment = 0xFFFF_FBFF;

    /// <summary>Buckets of a new, empty table.</summary>
    public const int SmallestBucketCount = 1031;

    /// <summary>The bucket counts that tables are built with, ascending. Files may have any other count.</summary>
    private static readonly int[] Sizes =
    [
        1031, 2053, 4099, 8209, 16411, 32771, 65537, 131101, 262147, 445649, 757607, 1287917, 2189459, 3065243,
        4291319, 6007867, 8410991, 11775359, 16485527, 23079703, 27695653, 33234787, 39881729, 47858071,
        57429683, 68915617, 82698751, 99238507, 119086189, 144378011, 157223263, 173476439, 190253911,
        209915011, 230493629, 253169431, 278728861, 306647623, 337318939, 370742809, 408229973, 449387209,
        493428073, 543105119, 596976533, 657794869, 722676499, 795815791, 874066969, 962279771, 1057701643,
        1164002657, 1280003147, 1407800297, 1548442699, 1703765389, 1873768367, 2062383853,
    ];

    /// <summary>Magic of an index file.</summary>
    public static ReadOnlySpan<byte> Magic => "BORG_IDX"u8;

    /// <summary>The bucket counts that tables are built with, ascending.</summary>
    public static ReadOnlySpan<int> BucketCounts => Sizes;

    /// <summary>Length in bytes of the file of a table.</summary>
    public static long FileSize(long bucketCount) => HeaderSize + (bucketCount * BucketSize);

    /// <summary>A table with more entries than this grows before it takes another one.</summary>
    public static int UpperLimit(int bucketCount) => bucketCount >= Sizes[^1] ? bucketCount : (int)(bucketCount * 3L / 4);

    /// <summary>A table that a removal leaves with fewer entries than this shrinks.</summary>
    public static int LowerLimit(int bucketCount) => bucketCount <= SmallestBucketCount ? 0 : bucketCount / 4;

    /// <summary>
    /// Fewest EMPTY buckets of a healthy table. Without the rule, tombstones use them up, and each miss walks the whole
    /// table (borg 1.0 has no such rule, so its files may hold none).
    /// </summary>
    public static int MinEmpty(int bucketCount) => 1 + (int)(bucketCount * 7L / 100);

    /// <summary>The smallest bucket count to hold so many entries without growing; the largest one if none can.</summary>
    public static int BucketCountFor(long entries)
    {
        foreach (int size in Sizes)
        {
            if (UpperLimit(size) >= entries)
            {
                return size;
            }
        }

        return Sizes[^1];
    }

    /// <summary>The next larger bucket count; the same one if there is none.</summary>
    public static int LargerBucketCount(int bucketCount)
    {
        foreach (int size in Sizes)
        {
            if (size > bucketCount)
            {
                return size;
            }
        }

        return bucketCount;
    }

    /// <summary>The next smaller bucket count; the same one if there is none.</summary>
    public static int SmallerBucketCount(int bucketCount)
    {
        for (int i = Sizes.Length - 1; i >= 0; i--)
        {
            if (Sizes[i] < bucketCount)
            {
                return Sizes[i];
            }
        }

        return bucketCount;
    }

    /// <summary>Writes the 18 bytes of a header.</summary>
    public static void WriteHeader(Span<byte> destination, int entryCount, int bucketCount)
    {
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], entryCount);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], bucketCount);
        destination[16] = KeySize;
        destination[17] = ValueSize;
    }

    /// <summary>Reads a header and holds it against the length of the file.</summary>
    /// <param name="header">The first 18 bytes of the file, or all of a shorter one.</param>
    /// <param name="fileLength">Length of the file.</param>
    /// <param name="entryCount">Number of used buckets as the header states it: to be counted again, it is not always true.</param>
    /// <param name="bucketCount">Number of buckets, at least 1.</param>
    /// <param name="problem">What is wrong, if the result is false.</param>
    public static bool TryReadHeader(
        ReadOnlySpan<byte> header, long fileLength, out int entryCount, out int bucketCount, [NotNullWhen(false)] out string? problem)
    {
        entryCount = 0;
        bucketCount = 0;
        if (header.Length < HeaderSize || fileLength < HeaderSize)
        {
            problem = Text($"it has {fileLength} bytes, a header alone needs {HeaderSize}");
            return false;
        }

        entryCount = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        bucketCount = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        problem =
            !header[..8].SequenceEqual(Magic) ? "it does not start with BORG_IDX"
            : header[16] != KeySize || header[17] != ValueSize ? Text($"its keys and values have {header[16]} and {header[17]} bytes, not {KeySize} and {ValueSize}")
            : bucketCount < 1 ? Text($"its header states {bucketCount} buckets")
            : entryCount < 0 || entryCount > bucketCount ? Text($"its header states {entryCount} entries in {bucketCount} buckets")
            : fileLength != FileSize(bucketCount) ? Text($"it has {fileLength} bytes, {bucketCount} buckets need {FileSize(bucketCount)}")
            : null;
        return problem is null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
