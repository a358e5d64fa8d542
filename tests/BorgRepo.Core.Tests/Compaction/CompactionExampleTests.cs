using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Compaction;

/// <summary>Worked examples: what real borg 1.0.9 and 1.2.4 leave after each of a few transactions, byte for byte.</summary>
public sealed class CompactionExampleTests
{
    private static readonly string Hundred = new('v', 100);

    [Fact]
    public void As_borg_1_0_every_commit_compacts_all_marked_segments()
    {
        CompactionScene scene = new(new ScriptedRepository(), WriteFormat.Borg10);
        scene.Put((10, "a"), (1, "b"));
        scene.AssertSegment("data/0/0", """P(k10,"a") P(k1,"b") C""");
        AssertVersion1(scene, 0, [(0, 2)], []);

        scene.Put((10, "c"));
        Assert.Equal(["2"], scene.Segments);
        scene.AssertSegment("data/0/2", """P(k1,"b") D(k10) P(k10,"c") C""");
        AssertVersion1(scene, 2, [(2, 2)], [2]);

        scene.Delete(1);
        Assert.Equal(["4"], scene.Segments);
        scene.AssertSegment("data/0/4", """P(k10,"c") D(k1) C""");
        AssertVersion1(scene, 4, [(4, 1)], [4]);

        scene.Put((2, "d"));
        Assert.Equal(["5", "6"], scene.Segments);
        scene.AssertSegment("data/0/5", """P(k2,"d") C""");
        scene.AssertSegment("data/0/6", """P(k10,"c") C""");
        AssertVersion1(scene, 6, [(5, 1), (6, 1)], []);
        scene.AssertNothingComesBack("k2=d k10=c");
    }

    [Fact]
    public void As_borg_1_0_a_run_that_copies_nothing_still_writes_a_commit_of_its_own()
    {
        CompactionScene scene = new(new ScriptedRepository(), WriteFormat.Borg10);
        scene.Put((1, "a"));
        scene.Write(session =>
        {
            session.Delete(SegmentScript.Key(1));
            session.Put(SegmentScript.Key(2), "b"u8);
        });
        // The DELETE is new and moves, the value beside it too.
        scene.AssertSegment("data/0/2", """D(k1) P(k2,"b") C""");
        scene.Delete(2);
        scene.AssertSegment("data/0/4", """D(k2) C""");
        scene.Put((3, "c"));
        scene.AssertSegment("data/0/5", """P(k3,"c") C""");
        scene.AssertSegment("data/0/6", "C");
        AssertVersion1(scene, 6, [(5, 1)], []);
    }

    [Fact]
    public void As_borg_1_2_and_later_a_delete_is_kept_until_the_index_on_the_disk_covers_it_and_no_older_put_is_left()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, Hundred), (2, Hundred));
        scene.AssertSegment("data/0/0", $"""P(k1,"{Hundred}") P(k2,"{Hundred}")""");
        scene.AssertSegment("data/0/1", "C");
        AssertUsage(scene, [(0, 2), (1, 0)], [(1, 9)], "");

        using (Repository session = scene.Repository.Open())
        {
            session.Delete(SegmentScript.Key(1));
            session.Commit(new CommitOptions { Compact = true }, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["4", "5"], scene.Segments);
        scene.AssertSegment("data/0/4", $"""P(k2,"{Hundred}") D(k1)""");
        scene.AssertSegment("data/0/5", "C");
        AssertUsage(scene, [(4, 1), (5, 0)], [(4, 41), (5, 9)], "k1:");
        Assert.Equal(141, scene.Hints().QuotaUse);

        scene.Write(session => session.Put(SegmentScript.Key(3), System.Text.Encoding.ASCII.GetBytes(Hundred)), new CommitOptions { Compact = true });
        Assert.Equal(["6", "8", "9"], scene.Segments);
        scene.AssertSegment("data/0/6", $"""P(k3,"{Hundred}")""");
        scene.AssertSegment("data/0/8", $"""P(k2,"{Hundred}")""");
        scene.AssertSegment("data/0/9", "C");
        AssertUsage(scene, [(6, 1), (8, 1), (9, 0)], [(9, 9)], "");
        scene.AssertNothingComesBack($"k2={Hundred} k3={Hundred}");
    }

    [Fact]
    public void As_borg_1_0_with_save_space_each_new_segment_is_preceded_by_a_commit_and_the_removal_of_what_is_done()
    {
        foreach (bool saveSpace in new[] { false, true })
        {
            CompactionScene scene = new(new ScriptedRepository(maxSegmentSize: 60), WriteFormat.Borg10);
            scene.Put((1, "one"), (2, "two"), (3, "three"), (4, "four"));
            Assert.Equal(["0", "1"], scene.Segments);
            scene.AssertSegment("data/0/0", """P(k1,"one") P(k2,"two")""");
            scene.AssertSegment("data/0/1", """P(k3,"three") P(k4,"four") C""");

            // Both become sparse; with the limit two entries fit into a segment.
            scene.Write(
                session =>
                {
                    session.Delete(SegmentScript.Key(1));
                    session.Delete(SegmentScript.Key(3));
                },
                new CommitOptions { SaveSpace = saveSpace });
            scene.AssertSegment("data/0/3", saveSpace ? """P(k2,"two") P(k4,"four") C""" : """P(k2,"two") P(k4,"four")""");
            scene.AssertSegment("data/0/4", """D(k1) D(k3) C""");
            Assert.Equal(["3", "4"], scene.Segments);
            scene.AssertNothingComesBack("k2=two k4=four");
        }
    }

    private static void AssertVersion1(CompactionScene scene, uint transaction, (uint, long)[] segments, uint[] compact)
    {
        string name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"hints.{transaction}");
        Assert.Equal(["README", "config", name, $"index.{transaction}"], scene.Repository.Files().Keys.Where(file => !file.StartsWith("data/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        SegmentUsage usage = new();
        Assert.Equal(1, HintsFormat.Read(scene.Repository.Read(name), usage));
        Assert.Equal(segments, usage.UseCounts.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(compact, usage.SegmentsToMeasure);
    }

    private static void AssertUsage(CompactionScene scene, (uint, long)[] segments, (uint, long)[] freeable, string shadows)
    {
        SegmentUsage usage = scene.Hints();
        Assert.Equal(segments, usage.UseCounts.Select(pair => (pair.Key, pair.Value)).Order());
        Assert.Equal(freeable, usage.Freeable.Select(pair => (pair.Key, pair.Value)).Order());
        Assert.Equal(shadows, string.Join(' ', usage.SupersededPuts.Select(pair => $"k{Convert.ToInt32(pair.Key.ToString()[56..], 16)}:{string.Join(',', pair.Value.ToArray())}")));
    }
}
