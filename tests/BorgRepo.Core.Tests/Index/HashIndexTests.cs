using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using Xunit;

namespace BorgRepo.Core.Tests.Index;

public sealed class HashIndexTests
{
    [Fact]
    public void A_new_index_is_empty_and_has_1031_buckets()
    {
        using HashIndex index = new();
        Assert.Equal((0, 1031, 41258L), (index.Count, index.BucketCount, index.FileSize));
        Assert.False(index.Contains(ObjectId.Manifest));
    }

    [Fact]
    public void A_key_is_set_changed_and_removed()
    {
        using HashIndex index = new();
        ObjectId id = Ids.Ascii('a');
        index.Set(id, new EntryLocation(1, 8));
        index.Set(id, new EntryLocation(IndexFormat.MaxSegment, uint.MaxValue));
        Assert.Equal(1, index.Count);
        Assert.True(index.TryGet(id, out EntryLocation location));
        Assert.Equal(new EntryLocation(IndexFormat.MaxSegment, uint.MaxValue), location);
        Assert.True(index.Remove(id, out EntryLocation old));
        Assert.Equal(location, old);
        Assert.False(index.Contains(id));
        Assert.False(index.Remove(id, out _));
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public void Keys_that_differ_in_any_single_byte_are_different_keys()
    {
        using HashIndex index = new();
        byte[] bytes = new byte[ObjectId.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = 1;
            index.Set(new ObjectId(bytes), new EntryLocation((uint)i, 8));
            bytes[i] = 0;
        }

        Assert.Equal(32, index.Count);
        bytes[17] = 1;
        Assert.True(index.TryGet(new ObjectId(bytes), out EntryLocation location));
        Assert.Equal(17u, location.Segment);
    }

    [Theory]
    [InlineData(1031, 2053, 775)]
    [InlineData(2053, 4099, 1541)]
    [InlineData(4099, 8209, 3076)]
    [InlineData(8209, 16411, 6158)]
    [InlineData(16411, 32771, 12310)]
    public void It_grows_with_the_insertion_that_makes_borg_grow(int from, int to, int insertion)
    {
        using HashIndex index = new();
        ObjectId[] ids = Ids.Random(seed: 1, insertion);
        foreach (ObjectId id in ids.AsSpan(0, insertion - 1))
        {
            index.Set(id, default);
        }

        Assert.Equal(from, index.BucketCount);
        index.Set(ids[0], new EntryLocation(1, 1));
        Assert.Equal(from, index.BucketCount);
        index.Set(ids[^1], default);
        Assert.Equal(to, index.BucketCount);
        Assert.All(ids, id => Assert.True(index.Contains(id)));
    }

    [Theory]
    [InlineData(32771, 16411, 8191)]
    [InlineData(16411, 8209, 4101)]
    [InlineData(8209, 4099, 2051)]
    [InlineData(4099, 2053, 1023)]
    [InlineData(2053, 1031, 512)]
    public void It_shrinks_with_the_removal_that_makes_borg_shrink(int from, int to, int remaining)
    {
        using HashIndex index = new();
        ObjectId[] ids = Ids.Random(seed: 2, 12310);
        foreach (ObjectId id in ids)
        {
            index.Set(id, default);
        }

        foreach (ObjectId id in ids.AsSpan(remaining + 1))
        {
            index.Remove(id, out _);
        }

        Assert.Equal(from, index.BucketCount);
        index.Remove(ids[remaining], out _);
        Assert.Equal((to, remaining), (index.BucketCount, index.Count));
        Assert.All(ids.Take(remaining), id => Assert.True(index.Contains(id)));
    }

    [Fact]
    public void The_smallest_table_never_shrinks()
    {
        using HashIndex index = new();
        index.Set(ObjectId.Manifest, default);
        index.Remove(ObjectId.Manifest, out _);
        Assert.Equal(1031, index.BucketCount);
    }

    [Fact]
    public void Tombstones_never_use_up_the_empty_buckets()
    {
        // One key at a time, 100,000 in all: without rebuilds the table would be full of tombstones after 1031.
        using HashIndex index = new();
        int step = 0;
        foreach (ObjectId id in Ids.Random(seed: 3, 100_000))
        {
            index.Set(id, default);
            Assert.True(index.Remove(id, out _));
            if (step++ < 2000)
            {
                Assert.True(CountEmpty(index) >= IndexFormat.MinEmpty(1031));
            }
        }

        Assert.Equal((0, 1031), (index.Count, index.BucketCount));
    }

    [Fact]
    public void An_insertion_takes_the_first_tombstone_of_its_probe()
    {
        using HashIndex index = new();
        foreach (char last in "abcd")
        {
            index.Set(Ids.Ascii(last), default);
        }

        index.Remove(Ids.Ascii('c'), out _);
        index.Remove(Ids.Ascii('b'), out _);
        index.Set(Ids.Ascii('e'), default);
        Assert.Equal(["a", "e", "d"], Order(index));
        index.Set(Ids.Ascii('d'), new EntryLocation(7, 7));
        Assert.Equal(["a", "e", "d"], Order(index));
    }

    [Fact]
    public void Lookups_change_nothing()
    {
        using HashIndex index = new();
        index.Set(Ids.Ascii('a'), default);
        index.Set(Ids.Ascii('b'), default);
        index.Remove(Ids.Ascii('a'), out _);
        byte[] before = Bytes(index);
        Assert.True(index.Contains(Ids.Ascii('b')));
        Assert.Equal(before, Bytes(index));
    }

    [Fact]
    public void Keys_at_the_end_of_the_table_wrap_around_to_its_start()
    {
        using HashIndex index = new();
        for (uint i = 0; i < 5; i++)
        {
            index.Set(Ids.At(1029, i), new EntryLocation(i, 8));
        }

        List<uint> segments = [];
        using IndexCursor cursor = index.Enumerate();
        while (cursor.MoveNext(out _, out EntryLocation location))
        {
            segments.Add(location.Segment);
        }

        Assert.Equal([2u, 3u, 4u, 0u, 1u], segments);
    }

    [Theory]
    [InlineData(1031)]
    [InlineData(2053)]
    [InlineData(2062383853)]
    [InlineData(int.MaxValue)]
    [InlineData(65536)]
    [InlineData(3)]
    [InlineData(2)]
    [InlineData(1)]
    public void The_home_bucket_is_the_unsigned_remainder(int bucketCount)
    {
        // Only the arithmetic is under test: a table of the largest sizes would not fit into this computer.
        const int Seed = 4;
        Random random = new(Seed);
        uint[] edges = [0, 1, int.MaxValue, 1u << 31, uint.MaxValue, (uint)bucketCount, (uint)bucketCount - 1, unchecked((uint)bucketCount + 1)];
        foreach (uint prefix in edges.Concat(Enumerable.Range(0, 10_000).Select(_ => (uint)random.NextInt64(1L << 32))))
        {
            Assert.Equal(prefix % (uint)bucketCount, BucketTable.HomePosition(prefix, (uint)bucketCount));
        }
    }

    [Fact]
    public void Segment_numbers_that_the_format_reserves_are_refused()
    {
        using HashIndex index = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Set(ObjectId.Manifest, new EntryLocation(IndexFormat.MaxSegment + 1, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Set(ObjectId.Manifest, new EntryLocation(IndexFormat.DeletedMarker, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Set(ObjectId.Manifest, new EntryLocation(IndexFormat.EmptyMarker, 0)));
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public void Room_that_was_asked_for_stays_until_it_is_trimmed()
    {
        using HashIndex index = new(capacity: 10_000);
        Assert.Equal(16411, index.BucketCount);
        ObjectId[] ids = Ids.Random(seed: 5, 600);
        foreach (ObjectId id in ids)
        {
            index.Set(id, default);
        }

        index.Remove(ids[0], out _);
        Assert.Equal(16411, index.BucketCount);
        index.Trim();
        Assert.Equal((1031, 599), (index.BucketCount, index.Count));
        Assert.All(ids.Skip(1), id => Assert.True(index.Contains(id)));
    }

    [Fact]
    public void A_disposed_index_refuses_everything()
    {
        HashIndex index = new();
        index.Dispose();
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => index.Contains(ObjectId.Manifest));
        Assert.Throws<ObjectDisposedException>(() => index.Set(ObjectId.Manifest, default));
        Assert.Throws<ObjectDisposedException>(() => index.Remove(ObjectId.Manifest, out _));
        Assert.Throws<ObjectDisposedException>(index.Trim);
        Assert.Throws<ObjectDisposedException>(index.Enumerate);
    }

    internal static byte[] Bytes(HashIndex index)
    {
        index.WriteHeader();
        return index.Memory.Slice(0, (int)index.FileSize).ToArray();
    }

    private static List<string> Order(HashIndex index)
    {
        List<string> order = [];
        using IndexCursor cursor = index.Enumerate();
        while (cursor.MoveNext(out ObjectId id, out _))
        {
            order.Add(((char)id.ToArray()[^1]).ToString());
        }

        return order;
    }

    private static int CountEmpty(HashIndex index)
    {
        ReadOnlySpan<byte> buckets = index.Memory.Slice(IndexFormat.HeaderSize, (int)index.FileSize - IndexFormat.HeaderSize);
        int empty = 0;
        for (int i = IndexFormat.KeySize; i < buckets.Length; i += IndexFormat.BucketSize)
        {
            empty += BitConverter.ToUInt32(buckets[i..]) == IndexFormat.EmptyMarker ? 1 : 0;
        }

        return empty;
    }
}
