using BorgRepo.Core.Tests.Durability;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>Two repositories compared object by object.</summary>
public sealed class ComparisonTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Objects_are_only_here_only_there_different_or_equal(bool compareContent)
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60), (3, 0), (4, 70));
        scene.Run();
        using (Repository copy = scene.OpenCopy(SessionAccess.Write))
        {
            copy.Delete(ScriptRun.Id(1));
            copy.Put(ScriptRun.Id(2), new byte[60]);
            copy.Put(ScriptRun.Id(4), "shorter"u8);
            copy.Put(ScriptRun.Id(9), "new"u8);
            copy.Commit(null, TestContext.Current.CancellationToken);
        }

        Assert.Equal(
            [
                new(ScriptRun.Id(1), DifferenceKind.OnlyInReference, 50, null, string.Empty),
                new(ScriptRun.Id(2), DifferenceKind.Different, 60, 60, string.Empty),
                new(ScriptRun.Id(3), DifferenceKind.Equal, 0, 0, string.Empty),
                new(ScriptRun.Id(4), DifferenceKind.Different, 70, 7, string.Empty),
                new(ScriptRun.Id(9), DifferenceKind.OnlyInDifference, null, 3, string.Empty),
            ],
            Compare(scene, compareContent));
    }

    [Fact]
    public void The_place_in_the_log_does_not_matter()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60));
        scene.Run();
        scene.CommitAndCompact((3, 10));
        Assert.Equal([DifferenceKind.Equal, DifferenceKind.Equal, DifferenceKind.OnlyInReference], Compare(scene, compareContent: false).Select(found => found.Kind));
    }

    [Fact]
    public void Damage_of_a_value_is_seen_by_its_content_only()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60));
        scene.Run();
        scene.Flip(scene.SegmentOf(scene.Copy, 0), 70);
        Assert.All(Compare(scene, compareContent: false), found => Assert.Equal(DifferenceKind.Equal, found.Kind));
        ObjectDifference damaged = Compare(scene, compareContent: true)[0];
        Assert.Equal((DifferenceKind.Unreadable, 50, null), (damaged.Kind, damaged.ReferenceSize, damaged.DifferenceSize));
        Assert.StartsWith("difference: Data integrity error: Segment entry checksum mismatch", damaged.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_object_without_a_readable_header_is_not_passed_over(bool compareContent)
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60), (3, 40));
        scene.Run();

        // The highest byte of the size of the first entry: nothing after it can be followed.
        scene.Flip(scene.SegmentOf(scene.Source, 0), 15);
        List<ObjectDifference> found = Compare(scene, compareContent);
        Assert.Equal([DifferenceKind.Unreadable, DifferenceKind.Equal, DifferenceKind.Equal], found.Select(difference => difference.Kind));
        Assert.StartsWith("reference: ", found[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_ends_with_all_objects_of_both()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60));
        scene.Run();
        scene.Commit((3, 40));
        List<(long, long)> progress = [];
        using Repository here = scene.OpenSource();
        using Repository there = scene.OpenCopy();
        RepositoryComparison comparison = new(here, there, compareContent: false) { Progress = (done, total) => progress.Add((done, total)) };
        Assert.Equal(3, comparison.Run(TestContext.Current.CancellationToken).Count());
        Assert.Equal((5, 5), progress[^1]);
    }

    [Fact]
    public void It_writes_nothing_without_locks()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        scene.Run();
        scene.Disk.IsReadOnly = true;
        Assert.Single(Compare(scene, compareContent: true));
    }

    private static List<ObjectDifference> Compare(CopyScene scene, bool compareContent)
    {
        using Repository here = scene.OpenSource(SessionAccess.ReadNoLock);
        using Repository there = scene.OpenCopy(SessionAccess.ReadNoLock);
        return [.. new RepositoryComparison(here, there, compareContent).Run(TestContext.Current.CancellationToken).OrderBy(found => found.Id)];
    }
}
