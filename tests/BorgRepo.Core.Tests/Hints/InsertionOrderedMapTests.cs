using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Tests.Index;
using Xunit;

namespace BorgRepo.Core.Tests.Hints;

public sealed class InsertionOrderedMapTests(ITestOutputHelper output)
{
    [Fact]
    public void A_key_that_comes_back_goes_to_the_end_and_one_that_is_set_again_stays()
    {
        InsertionOrderedMap<uint, long> map = new();
        map.GetOrAdd(3) = 30;
        map.GetOrAdd(1) = 10;
        map.GetOrAdd(2) = 20;
        map.GetOrAdd(3) = 31;
        Assert.Equal([3u, 1u, 2u], map.Select(pair => pair.Key));
        Assert.True(map.Remove(3));
        Assert.False(map.Remove(3));
        map.GetOrAdd(3) = 32;
        Assert.Equal([new(1, 10), new(2, 20), new(3, 32)], map);
    }

    [Fact]
    public void A_walk_over_a_map_that_changes_is_an_error()
    {
        InsertionOrderedMap<uint, long> map = new();
        map.GetOrAdd(1) = 1;
        map.GetOrAdd(2) = 2;
        Assert.Throws<InvalidOperationException>(() =>
        {
            foreach ((uint key, _) in map)
            {
                map.Remove(key);
            }
        });
    }

    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 50)]
    [InlineData(3, 30)]
    public void It_keeps_the_order_of_a_list_through_any_insertions_and_removals(int seed, int insertions)
    {
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        ObjectId[] ids = Ids.Random(seed, 300);
        InsertionOrderedMap<ObjectId, int> map = new();
        List<KeyValuePair<ObjectId, int>> model = [];
        for (int step = 0; step < 20_000; step++)
        {
            int share = step / 3000 % 2 == 0 ? insertions : 100 - insertions;
            ObjectId id = ids[random.Next(ids.Length)];
            int at = model.FindIndex(pair => pair.Key == id);
            Assert.Equal(at >= 0, map.TryGetValue(id, out int value));
            Assert.Equal(at >= 0 ? model[at].Value : 0, value);
            if (random.Next(100) < share)
            {
                map.GetOrAdd(id) = step;
                if (at >= 0)
                {
                    model[at] = new(id, step);
                }
                else
                {
                    model.Add(new(id, step));
                }
            }
            else
            {
                Assert.Equal(at >= 0, map.Remove(id));
                if (at >= 0)
                {
                    model.RemoveAt(at);
                }
            }

            Assert.Equal(model.Count, map.Count);
            if (step % 100 == 0)
            {
                Assert.Equal(model, map);
            }
        }
    }

    [Fact]
    public void Removing_from_the_front_while_adding_to_the_end_does_not_grow_it()
    {
        InsertionOrderedMap<uint, long> map = new();
        for (uint i = 0; i < 200_000; i++)
        {
            map.GetOrAdd(i) = i;
            if (i >= 10)
            {
                Assert.True(map.Remove(i - 10));
            }
        }

        Assert.Equal(Enumerable.Range(199_990, 10).Select(i => (uint)i), map.Select(pair => pair.Key));
        Assert.InRange(map.Capacity, 10, 64);
    }

    [Fact]
    public void Segment_numbers_with_equal_low_bits_do_not_collide_much()
    {
        // Would take minutes if all of them shared one chain.
        InsertionOrderedMap<uint, long> map = new();
        for (uint i = 0; i < 1 << 16; i++)
        {
            map.GetOrAdd(i << 16) = i;
        }

        Assert.Equal(1 << 16, map.Count);
        Assert.True(map.TryGetValue(77u << 16, out long value));
        Assert.Equal(77, value);
    }
}
