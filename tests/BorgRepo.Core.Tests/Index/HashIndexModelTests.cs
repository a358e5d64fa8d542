using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using Xunit;

namespace BorgRepo.Core.Tests.Index;

/// <summary>The index against a dictionary: same operations, same answers.</summary>
public sealed class HashIndexModelTests(ITestOutputHelper output)
{
    private const long AlwaysInPlace = 0;
    private const long NeverInPlace = long.MaxValue;

    /// <summary>Share of insertions in percent, number of different hash prefixes (0: any), where rebuilds happen.</summary>
    public static TheoryData<int, int, uint, long> Mixes => new()
    {
        { 1, 70, 0, NeverInPlace },
        { 2, 70, 0, AlwaysInPlace },
        { 3, 50, 0, NeverInPlace },
        { 4, 50, 0, AlwaysInPlace },
        { 5, 20, 0, NeverInPlace },
        { 6, 20, 0, AlwaysInPlace },
        { 7, 60, 40, NeverInPlace },
        { 8, 60, 40, AlwaysInPlace },
        { 9, 50, 1, NeverInPlace },
        { 10, 50, 1, AlwaysInPlace },
    };

    [Theory]
    [MemberData(nameof(Mixes))]
    public void It_answers_as_a_dictionary_does(int seed, int insertions, uint prefixes, long inPlaceFileSize)
    {
        output.WriteLine($"seed {seed}");
        Random random = new(seed);

        // All keys at one bucket make each operation walk past all others, so there are fewer of them.
        ObjectId[] ids = prefixes == 0 ? Ids.Random(seed, 6000)
            : [.. Enumerable.Range(0, prefixes == 1 ? 600 : 1500).Select(i => Ids.At((uint)i % prefixes, (uint)i))];
        using HashIndex index = new(0, inPlaceFileSize);
        Dictionary<ObjectId, EntryLocation> model = [];
        for (int step = 0; step < 40_000; step++)
        {
            // In waves, so that the table grows and shrinks several times.
            int share = step / 8000 % 2 == 0 ? insertions : 100 - insertions;
            ObjectId id = ids[random.Next(ids.Length)];
            if (random.Next(100) < share)
            {
                EntryLocation location = new((uint)random.Next(), (uint)step);
                index.Set(id, location);
                model[id] = location;
            }
            else
            {
                Assert.Equal(model.Remove(id, out EntryLocation expected), index.Remove(id, out EntryLocation old));
                Assert.Equal(expected, old);
            }

            Assert.Equal(model.Count, index.Count);
            id = ids[random.Next(ids.Length)];
            Assert.Equal(model.TryGetValue(id, out EntryLocation there), index.TryGet(id, out EntryLocation found));
            Assert.Equal(there, found);
            if (step % 4000 == 3999)
            {
                AssertSame(model, index);
            }
        }
    }

    [Fact]
    public void Emptied_by_removals_it_fills_again()
    {
        ObjectId[] ids = Ids.Random(seed: 11, 20_000);
        foreach (long inPlaceFileSize in new[] { NeverInPlace, AlwaysInPlace })
        {
            using HashIndex index = new(0, inPlaceFileSize);
            for (int round = 0; round < 3; round++)
            {
                foreach (ObjectId id in ids)
                {
                    index.Set(id, new EntryLocation((uint)round, 8));
                }

                Assert.Equal((20_000, 32771), (index.Count, index.BucketCount));
                Assert.All(ids, id => Assert.True(index.Remove(id, out EntryLocation old) && old.Segment == round));
                Assert.Equal((0, 1031), (index.Count, index.BucketCount));
            }
        }
    }

    [Fact]
    public void Rebuilt_in_place_it_is_a_table_that_a_fresh_look_accepts()
    {
        // Every probe must reach its key without meeting an EMPTY bucket: checked here by walking the bytes, not by the index.
        ObjectId[] ids = Ids.Random(seed: 12, 3000);
        using HashIndex index = new(0, AlwaysInPlace);
        foreach (ObjectId id in ids)
        {
            index.Set(id, new EntryLocation(1, 8));
        }

        foreach (ObjectId id in ids.AsSpan(0, 1500))
        {
            index.Remove(id, out _);
        }

        byte[] bytes = HashIndexTests.Bytes(index);
        foreach (ObjectId id in ids.AsSpan(1500))
        {
            long bucket = id.HashPrefix % (uint)index.BucketCount;
            while (true)
            {
                ReadOnlySpan<byte> at = bytes.AsSpan((int)(IndexFormat.HeaderSize + (bucket * IndexFormat.BucketSize)), IndexFormat.BucketSize);
                Assert.NotEqual(IndexFormat.EmptyMarker, BitConverter.ToUInt32(at[IndexFormat.KeySize..]));
                if (new ObjectId(at[..IndexFormat.KeySize]) == id)
                {
                    break;
                }

                bucket = (bucket + 1) % index.BucketCount;
            }
        }
    }

    private static void AssertSame(Dictionary<ObjectId, EntryLocation> model, HashIndex index)
    {
        Dictionary<ObjectId, EntryLocation> walked = [];
        using IndexCursor cursor = index.Enumerate();
        while (cursor.MoveNext(out ObjectId id, out EntryLocation location))
        {
            walked.Add(id, location);
        }

        Assert.Equal(model.Count, walked.Count);
        foreach ((ObjectId id, EntryLocation location) in model)
        {
            Assert.True(index.TryGet(id, out EntryLocation found));
            Assert.Equal(location, found);
            Assert.Equal(location, walked[id]);
        }
    }
}
