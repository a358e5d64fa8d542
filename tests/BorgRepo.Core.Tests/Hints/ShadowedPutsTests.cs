using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Hints;

public sealed class ShadowedPutsTests(ITestOutputHelper output)
{
    [Fact]
    public void It_is_two_words() => Assert.Equal(16, System.Runtime.CompilerServices.Unsafe.SizeOf<ShadowedPuts>());

    [Fact]
    public void Segment_0_is_a_segment_and_not_an_empty_list()
    {
        ShadowedPuts list = default(ShadowedPuts).With(0);
        Assert.False(list.IsEmpty);
        Assert.Equal([0u], list.ToArray());
        Assert.False(list.AnyBelow(0));
        Assert.True(list.AnyBelow(1));
        Assert.True(list.Without(0).IsEmpty);
    }

    [Fact]
    public void Positions_outside_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => default(ShadowedPuts)[0]);
        ShadowedPuts list = default(ShadowedPuts).With(4).With(5);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => list[-1]);
    }

    [Fact]
    public void It_answers_as_a_list_does()
    {
        for (int seed = 1; seed <= 15; seed++)
        {
            output.WriteLine($"seed {seed}");
            Random random = new(seed);
            ShadowedPuts list = default;
            List<uint> model = [];
            for (int step = 0; step < 300; step++)
            {
                uint segment = (uint)random.Next(seed % 5 == 0 ? 1000 : 8);
                if (random.Next(100) < (step < 150 ? 65 : 40))
                {
                    list = list.With(segment);
                    model.Add(segment);
                }
                else
                {
                    list = list.Without(segment);
                    model.Remove(segment);
                }

                Assert.Equal(model, list.ToArray());
                Assert.Equal(model.Count, list.Count);
                Assert.Equal(model.Count == 0, list.IsEmpty);
                Assert.Equal(model.Exists(other => other < segment), list.AnyBelow(segment));
                Assert.Equal(model.Exists(other => other > segment), list.AnyAbove(segment));
                Assert.Equal(model.Contains(segment), list.Contains(segment));
                Assert.Equal(model, Enumerable.Range(0, list.Count).Select(i => list[i]));
            }

            Assert.False(list.AnyBelow(0));
            Assert.False(list.AnyAbove(uint.MaxValue));
        }
    }

    [Fact]
    public void Taken_off_in_the_order_of_appending_it_stays_fast_for_a_key_that_is_overwritten_all_the_time()
    {
        // 200,000 segments: a shift of the rest for each removal would move 80 GB.
        ShadowedPuts list = default;
        for (uint segment = 0; segment < 200_000; segment++)
        {
            list = list.With(segment);
        }

        for (uint segment = 0; segment < 200_000; segment++)
        {
            list = list.Without(segment);
        }

        Assert.True(list.IsEmpty);
    }
}
