using System.Buffers.Binary;
using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>Reads an index file by the format's description alone, with nothing of the engine, and checks what borg relies on.</summary>
internal static class IndexFileReader
{
    private const int HeaderSize = 18;
    private const int BucketSize = 40;
    private const uint Empty = 0xFFFFFFFF;
    private const uint Deleted = 0xFFFFFFFE;

    public static SortedDictionary<ObjectId, EntryLocation> Read(string path)
    {
        byte[] content = File.ReadAllBytes(path);
        Assert.Equal("BORG_IDX"u8, content.AsSpan(0, 8));
        int entries = BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(8));
        int buckets = BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(12));
        Assert.Equal(32, content[16]);
        Assert.Equal(8, content[17]);
        Assert.Equal(HeaderSize + (BucketSize * (long)buckets), content.Length);

        SortedDictionary<ObjectId, EntryLocation> result = [];
        int empty = 0;
        for (int bucket = 0; bucket < buckets; bucket++)
        {
            ReadOnlySpan<byte> bytes = content.AsSpan(HeaderSize + (bucket * BucketSize), BucketSize);
            uint segment = BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]);
            empty += segment == Empty ? 1 : 0;
            if (segment is not (Empty or Deleted))
            {
                result.Add(new ObjectId(bytes[..32]), new EntryLocation(segment, BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..])));
                AssertReachable(content, buckets, bucket);
            }
        }

        Assert.Equal(result.Count, entries);
        // borg 1.2.4 ends with an assertion when a lookup meets no empty bucket in a whole lap.
        Assert.True(empty >= 1 + (int)(buckets * 0.07), $"{path}: only {empty} of {buckets} buckets are empty.");
        Assert.True(entries <= buckets * 0.75, $"{path}: {entries} entries in {buckets} buckets.");
        return result;
    }

    /// <summary>No empty bucket may lie between the one where the search for a key starts and the one it is in.</summary>
    private static void AssertReachable(byte[] content, int buckets, int bucket)
    {
        uint prefix = BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(HeaderSize + (bucket * BucketSize)));
        for (int probe = (int)(prefix % (uint)buckets); probe != bucket; probe = (probe + 1) % buckets)
        {
            Assert.NotEqual(Empty, BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(HeaderSize + (probe * BucketSize) + 32)));
        }
    }
}
