using BorgRepo.Core.Checking;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Checking;
using BorgRepo.Core.Tests.Interop;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Compaction;

/// <summary>Whatever compaction drops, a rebuild of the index from the log must never find what was deleted.</summary>
public sealed class DeletedStaysDeletedTests
{
    private static readonly CompactionOptions Everything = new() { Threshold = 0 };
    private static readonly string Large = new('x', 5000);

    public static TheoryData<int> Seeds => [.. RandomTransactions.Seeds(1, 2, 3, 4, 5, 6, 9, 12, 15)];

    [Fact]
    public void If_a_crash_brings_a_removed_segment_and_the_old_index_back_the_deleted_object_stays_deleted()
    {
        foreach (WriteFormat format in new[] { WriteFormat.Borg14, WriteFormat.Borg10 })
        {
            CompactionScene scene = new(new ScriptedRepository(), format);
            scene.Put((1, "one"), (2, "two"));
            SortedDictionary<string, string> before = scene.Repository.Files();
            scene.Write(session => session.Delete(SegmentScript.Key(1)), new CommitOptions { Compact = true, Threshold = 0 });
            Assert.DoesNotContain("0", scene.Segments);
            scene.ForgetCaches();
            foreach ((string file, string content) in before.Where(file => file.Key == "data/0/0" || !file.Key.StartsWith("data/", StringComparison.Ordinal)))
            {
                scene.Repository.Write(file, Convert.FromHexString(content));
            }

            Assert.Equal("k2=two", scene.Repository.Objects());
            scene.AssertNothingComesBack("k2=two");
        }
    }

    [Fact]
    public void A_delete_survives_while_the_segment_of_the_older_value_is_below_the_threshold()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "old"), (2, Large));
        scene.Put((1, "new"));
        scene.Delete(1);
        for (int run = 0; run < 4; run++)
        {
            scene.Compact();
            Assert.Contains("0", scene.Segments);
        }

        scene.AssertNothingComesBack($"k2={Large}");
    }

    [Fact]
    public void Once_the_older_value_is_gone_and_the_index_saved_the_delete_goes_too()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "old"), (2, "two"));
        scene.Put((1, "new"));
        scene.Delete(1);
        scene.Compact(Everything);
        scene.Compact(Everything);
        Assert.DoesNotContain(scene.Repository.DataFiles().Values, hex => hex.Contains(SegmentScript.Key(1).ToString(), StringComparison.Ordinal));
        scene.AssertNothingComesBack("k2=two");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Trap_29_hints_of_borg_1_2_0_to_1_2_6_that_know_only_the_newest_superseded_value_do_not_cost_the_delete(bool isMarked)
    {
        // The first value was overwritten and not recorded, the second was deleted and recorded.
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "first"), (2, Large));
        scene.Put((1, "second"));
        scene.Delete(1);
        scene.Repository.WithHints(usage =>
        {
            usage.RemoveShadow(SegmentScript.Key(1), 0);
            if (!isMarked)
            {
                // Nor does the segment stand among those that can be compacted.
                usage.Forget(0);
            }
        });
        Assert.Equal([2u], Shadow(scene, 1));
        for (int run = 0; run < 3; run++)
        {
            scene.Compact();
        }

        Assert.Contains("0", scene.Segments);
        Assert.DoesNotContain("2", scene.Segments);
        scene.AssertNothingComesBack($"k2={Large}");
    }

    [Fact]
    public void Trap_29_the_superseded_value_that_such_hints_know_may_go_in_the_same_run_and_the_delete_stays_all_the_same()
    {
        CompactionScene scene = new(new ScriptedRepository()
            .Segment(0, $"""P(k1,"first") P(k2,"{Large}")""").Segment(1, "C")
            .Segment(2, """P(k1,"second")""").Segment(3, "C")
            .Segment(4, "D(k1)").Segment(5, "C").Indexed().WithHints(usage => usage.RemoveShadow(SegmentScript.Key(1), 0)));
        Assert.Equal([2u], Shadow(scene, 1));
        AssertStaysDeleted(scene, "0");
    }

    [Fact]
    public void Trap_29_a_superseded_value_between_two_deletes_of_its_key_is_looked_for_too()
    {
        CompactionScene scene = new(new ScriptedRepository()
            .Segment(0, """P(k1,"first")""").Segment(1, "C")
            .Segment(2, "D(k1)").Segment(3, "C")
            .Segment(4, $"""P(k1,"second") P(k2,"{Large}")""").Segment(5, "C")
            .Segment(6, "D(k1)").Segment(7, "C").Indexed().WithHints(usage => usage.RemoveShadow(SegmentScript.Key(1), 4)));
        Assert.Equal([0u], Shadow(scene, 1));
        AssertStaysDeleted(scene, "4");
    }

    [Fact]
    public void A_segment_that_must_be_kept_because_the_index_points_into_it_keeps_the_deletes_of_its_superseded_values()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Delete(1);
        scene.Put((3, "three"));

        // The index says of an object that it stands in segment 0, where it does not.
        scene.Repository.WithIndex(index => index.Set(SegmentScript.Key(3), new EntryLocation(0, 99)));
        for (int run = 0; run < 3; run++)
        {
            CompactionReport report = scene.Compact(Everything);
            Assert.Contains("0:Keep/StillReferenced", CompactionScene.Verdicts(report), StringComparison.Ordinal);
        }

        new CheckScene(scene.Repository).Repair();
        scene.AssertNothingComesBack("k2=two k3=three");
    }

    [Fact]
    public void A_damaged_segment_keeps_the_deletes_of_all_that_may_stand_behind_the_damage()
    {
        // Hints do not know of the older value; behind the damage it cannot be seen, but a repair brings it back.
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((5, "five"), (1, "first"), (2, Large));
        scene.Put((1, "second"));
        scene.Delete(1, 5);
        scene.Repository.WithHints(usage => usage.RemoveShadow(SegmentScript.Key(1), 0));
        scene.Repository.Edit("data/0/0", content => content[8 + 7] = 0x7f);
        for (int run = 0; run < 3; run++)
        {
            scene.Compact(Everything);
        }

        new CheckScene(scene.Repository).Repair();
        scene.AssertNothingComesBack($"k2={Large}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void As_borg_1_0_a_segment_that_must_be_kept_keeps_all_deletes_after_it(bool isDamaged)
    {
        CompactionScene scene = new(new ScriptedRepository(), WriteFormat.Borg10);
        scene.Put((1, "one"), (2, "two"));
        scene.Put((3, "three"));
        if (isDamaged)
        {
            scene.Repository.Edit("data/0/0", content => content[^12] ^= 1);
        }
        else
        {
            scene.Repository.WithIndex(index => index.Set(SegmentScript.Key(3), new EntryLocation(0, 99)));
        }

        scene.Delete(1);
        for (int n = 0; n < 4; n++)
        {
            scene.Put((10 + n, "more"));
            Assert.Contains("0", scene.Segments);
        }

        new CheckScene(scene.Repository).Repair();
        Assert.DoesNotContain("k1=", scene.Repository.Objects(), StringComparison.Ordinal);
        Assert.Contains("k3=three", scene.Repository.Objects(), StringComparison.Ordinal);
    }

    [Fact]
    public void As_borg_1_0_a_delete_is_not_moved_behind_a_value_that_stays_where_it_is()
    {
        // The DELETE fills a segment, the new value begins the next one, which is not compacted.
        CompactionScene scene = new(new ScriptedRepository(maxSegmentSize: 60), WriteFormat.Borg10);
        scene.Put((1, "old"));
        scene.Put((5, "1234567890"), (1, "new"));
        scene.AssertSegment("data/0/2", """P(k1,"new") C""");
        scene.AssertSegment("data/0/3", """P(k5,"1234567890") C""");
        scene.AssertNothingComesBack("k1=new k5=1234567890");
    }

    [Fact]
    public void As_borg_1_0_with_a_kept_segment_the_delete_of_an_object_that_was_stored_again_is_not_moved_behind_it()
    {
        CompactionScene scene = new(new ScriptedRepository(), WriteFormat.Borg10);
        scene.Put((1, "one"), (2, "two"));
        scene.Put((3, "three"));
        scene.Repository.Edit("data/0/0", content => content[^12] ^= 1);
        scene.Delete(1);
        scene.Put((1, "again"));
        scene.Put((4, "four"));
        scene.Put((5, "five"));
        new CheckScene(scene.Repository).Repair();
        scene.AssertNothingComesBack("k1=again k3=three k4=four k5=five");
    }

    [Fact]
    public void A_value_that_is_newer_than_the_place_in_a_wrong_index_is_not_taken_for_superseded()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Put((3, "three"), (4, "four"));
        scene.Delete(1, 4);
        scene.Repository.WithIndex(index => index.Set(SegmentScript.Key(3), new EntryLocation(0, 8)));
        CompactionReport report = scene.Compact(Everything);
        Assert.Contains("2:Keep/StillReferenced", CompactionScene.Verdicts(report), StringComparison.Ordinal);
        new CheckScene(scene.Repository).Repair();
        scene.AssertNothingComesBack("k2=two k3=three");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_transactions_with_compactions_of_all_kinds_bring_nothing_back(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} ({RandomTransactions.SeedVariable} chooses another)");
        Random random = new(seed);
        CompactionScene scene = new(new ScriptedRepository(segmentsPerDirectory: 3, maxSegmentSize: random.Next(50, 600)), seed % 3 == 0 ? WriteFormat.Borg10 : WriteFormat.Borg14);
        SortedDictionary<int, string> model = [];
        for (int step = 0; step < 40; step++)
        {
            RandomCompaction.Transaction(random, scene, model);
            if (random.Next(2) == 0)
            {
                RandomCompaction.SpoilHints(random, scene);
                scene.Compact(RandomCompaction.Options(random));
                scene.AssertNothingComesBack(RandomCompaction.Describe(model));
            }
        }

        scene.AssertNothingComesBack(RandomCompaction.Describe(model));
        Assert.Equal(CheckConclusion.Sound, new CheckScene(scene.Repository).Check().Conclusion);
    }

    /// <summary>However often it is compacted, with the older value in a segment that stays.</summary>
    private static void AssertStaysDeleted(CompactionScene scene, string staying)
    {
        scene.Repository.WithHints(usage =>
        {
            // Only what is superseded as a whole is marked by a replay, and replays do not see DELETEs.
            foreach ((uint segment, long _) in usage.UseCounts.ToList())
            {
                usage.AddFreeable(segment, 41);
            }
        });
        for (int run = 0; run < 3; run++)
        {
            scene.Compact();
            Assert.Contains(staying, scene.Segments);
        }

        scene.AssertNothingComesBack($"k2={Large}");
    }

    private static uint[] Shadow(CompactionScene scene, int key) =>
        scene.Hints().TryGetShadow(SegmentScript.Key(key), out ShadowedPuts list) ? list.ToArray() : [];
}
