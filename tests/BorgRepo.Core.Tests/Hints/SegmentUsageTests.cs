using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Tests.Index;
using Xunit;

namespace BorgRepo.Core.Tests.Hints;

public sealed class SegmentUsageTests
{
    [Fact]
    public void Use_counts_are_counted_tracked_and_reset()
    {
        SegmentUsage usage = new();
        usage.AddUse(4);
        usage.AddUse(4);
        usage.Track(4);
        Assert.Equal(2, usage.GetUseCount(4));
        usage.ReleaseUse(4);
        usage.Track(0);
        Assert.Equal([new(4, 1), new(0, 0)], usage.UseCounts);
        usage.ResetUse(4);
        Assert.True(usage.IsTracked(4));
        Assert.Equal(0, usage.GetUseCount(4));
        usage.Forget(4);
        Assert.False(usage.IsTracked(4));
        usage.ResetUse(4);
        Assert.Equal([0u, 4u], usage.UseCounts.Select(pair => pair.Key));
    }

    [Fact]
    public void A_release_from_an_unknown_segment_leaves_it_unknown_and_one_too_many_goes_below_zero()
    {
        SegmentUsage usage = new();
        usage.ReleaseUse(9);
        Assert.False(usage.IsTracked(9));
        Assert.Equal(0, usage.GetUseCount(9));
        usage.Track(9);
        usage.ReleaseUse(9);
        Assert.Equal(-1, usage.GetUseCount(9));
    }

    [Fact]
    public void Freeable_bytes_add_up_until_they_are_forgotten()
    {
        SegmentUsage usage = new();
        Assert.False(usage.TryGetFreeable(1, out _));
        usage.AddFreeable(1, 41);
        usage.AddFreeable(1, 100);
        usage.SetFreeable(2, 17);
        Assert.True(usage.TryGetFreeable(1, out long bytes));
        Assert.Equal(141, bytes);
        usage.ForgetFreeable(1);
        usage.Track(1);
        usage.SetFreeable(1, 9);
        Assert.Equal([new(2, 17), new(1, 9)], usage.Freeable);
        usage.Forget(1);
        Assert.False(usage.TryGetFreeable(1, out _));
        Assert.False(usage.IsTracked(1));
        Assert.Equal([new(2, 17)], usage.Freeable);
    }

    [Fact]
    public void Superseded_puts_are_removed_one_by_one_and_the_empty_list_stays()
    {
        SegmentUsage usage = new();
        ObjectId id = Ids.Ascii('a');
        usage.RemoveShadow(id, 3);
        Assert.False(usage.TryGetShadow(id, out _));
        usage.AddShadow(id, 3);
        usage.AddShadow(id, 3);
        usage.AddShadow(id, 5);
        usage.RemoveShadow(id, 3);
        usage.RemoveShadow(id, 4);
        Assert.True(usage.TryGetShadow(id, out ShadowedPuts list));
        Assert.Equal([3u, 5u], list.ToArray());
        usage.RemoveShadow(id, 5);
        usage.RemoveShadow(id, 3);
        Assert.True(usage.TryGetShadow(id, out list));
        Assert.True(list.IsEmpty);
        usage.ForgetShadow(id);
        Assert.False(usage.TryGetShadow(id, out _));
    }
}
