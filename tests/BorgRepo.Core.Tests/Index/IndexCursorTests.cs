using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using Xunit;

namespace BorgRepo.Core.Tests.Index;

public sealed class IndexCursorTests(ITestOutputHelper output)
{
    [Fact]
    public void After_a_marker_the_keys_behind_its_bucket_follow()
    {
        using HashIndex index = new();
        ObjectId[] ids = [.. Enumerable.Range(0, 5).Select(i => Ids.At((uint)i))];
        foreach (ObjectId id in ids)
        {
            index.Set(id, default);
        }

        Assert.True(index.TryEnumerateAfter(ids[2], out IndexCursor? cursor));
        Assert.Equal(ids[3..], Rest(cursor));
        Assert.True(index.TryEnumerateAfter(ids[4], out cursor));
        Assert.Empty(Rest(cursor));
        Assert.False(index.TryEnumerateAfter(Ids.At(5), out cursor));
        Assert.Null(cursor);
    }

    [Fact]
    public void An_ended_walk_stays_ended()
    {
        using HashIndex index = new();
        IndexCursor cursor = index.Enumerate();
        Assert.False(cursor.MoveNext(out _, out _));
        index.Set(ObjectId.Manifest, default);
        Assert.False(cursor.MoveNext(out _, out _));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(long.MaxValue, 1)]
    [InlineData(0, 7)]
    [InlineData(long.MaxValue, 7)]
    public void Keys_that_stay_are_given_once_whatever_happens_meanwhile(long inPlaceFileSize, int atOnce)
    {
        ObjectId[] batch = new ObjectId[atOnce];
        for (int seed = 1; seed <= 20; seed++)
        {
            output.WriteLine($"seed {seed}");
            Random random = new(seed);
            ObjectId[] ids = Ids.Random(seed, 5000);
            ObjectId[] staying = ids[..1000];
            ObjectId[] coming = ids[1000..];
            using HashIndex index = new(0, inPlaceFileSize);
            foreach (ObjectId id in staying)
            {
                index.Set(id, new EntryLocation(1, 8));
            }

            HashSet<ObjectId> given = [];
            using (IndexCursor cursor = index.Enumerate())
            {
                int next = 0;
                while (Next(cursor, index, batch) is { Length: > 0 } found)
                {
                    Assert.All(found, id => Assert.True(given.Add(id)));
                    Assert.All(found, id => Assert.True(index.Contains(id)));

                    // Grows the table several times, then shrinks it again.
                    for (int i = random.Next(20); i > 0; i--)
                    {
                        ObjectId other = coming[next++ % coming.Length];
                        if (next / coming.Length % 2 == 0)
                        {
                            index.Set(other, new EntryLocation(2, 8));
                        }
                        else
                        {
                            index.Remove(other, out _);
                        }
                    }

                    index.Set(staying[random.Next(staying.Length)], new EntryLocation(3, (uint)next));
                }
            }

            Assert.Superset(staying.ToHashSet(), given);
        }
    }

    [Fact]
    public void Keys_that_are_gone_are_not_given()
    {
        using HashIndex index = new();
        ObjectId[] ids = Ids.Random(seed: 21, 3000);
        foreach (ObjectId id in ids)
        {
            index.Set(id, default);
        }

        using IndexCursor cursor = index.Enumerate();
        Assert.True(cursor.MoveNext(out ObjectId first, out _));
        foreach (ObjectId id in ids.Where(id => id != first))
        {
            index.Remove(id, out _);
        }

        Assert.Equal(1031, index.BucketCount);
        Assert.False(cursor.MoveNext(out _, out _));
    }

    [Fact]
    public void A_walk_over_a_disposed_index_ends_with_an_error_and_not_with_foreign_memory()
    {
        HashIndex index = new();
        index.Set(ObjectId.Manifest, default);
        using IndexCursor cursor = index.Enumerate();
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cursor.MoveNext(out _, out _));
        Assert.Throws<ObjectDisposedException>(() => cursor.Fill(new ObjectId[1]));
    }

    private static ObjectId[] Next(IndexCursor cursor, HashIndex index, ObjectId[] batch)
    {
        if (batch.Length > 1)
        {
            return batch[..cursor.Fill(batch)];
        }

        if (!cursor.MoveNext(out ObjectId id, out EntryLocation location))
        {
            return [];
        }

        Assert.True(index.TryGet(id, out EntryLocation now));
        Assert.Equal(now, location);
        return [id];
    }

    private static List<ObjectId> Rest(IndexCursor cursor)
    {
        List<ObjectId> ids = [];
        using (cursor)
        {
            while (cursor.MoveNext(out ObjectId id, out _))
            {
                ids.Add(id);
            }
        }

        return ids;
    }
}
