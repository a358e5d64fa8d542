using BorgRepo.Core.Checking;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Checking;
using BorgRepo.Core.Tests.Interop;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Compaction;

/// <summary>A plan writes nothing and says to the byte what the run then does.</summary>
public sealed class CompactionPlanTests
{
    public static TheoryData<int> Seeds => [.. RandomTransactions.Seeds([.. Enumerable.Range(1, 12)])];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void For_random_repositories_and_options_the_run_frees_exactly_what_was_planned(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} ({RandomTransactions.SeedVariable} chooses another)");
        Random random = new(seed);
        CompactionScene scene = new(
            new ScriptedRepository(segmentsPerDirectory: random.Next(2, 6), maxSegmentSize: random.Next(40, 900)), seed % 3 == 0 ? WriteFormat.Borg10 : WriteFormat.Borg14);
        SortedDictionary<int, string> model = [];
        for (int step = 0; step < 15; step++)
        {
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                RandomCompaction.Transaction(random, scene, model);
            }

            RandomCompaction.SpoilHints(random, scene);
            if (random.Next(3) == 0)
            {
                LeaveTail(scene);
            }

            CompactionOptions options = RandomCompaction.Options(random);
            SortedDictionary<string, string> before = scene.Repository.Files();
            CompactionReport plan = scene.Plan(options);
            Assert.True(plan.IsPlan);
            Assert.Equal(before, scene.Repository.Files());
            Assert.Equal(scene.Plan(options).Segments, plan.Segments);

            CompactionReport report = scene.Compact(options);
            Assert.False(report.IsPlan);
            Assert.Equal(plan.Segments, report.Segments);
            Assert.Equal((plan.BytesBefore, plan.BytesAfter, plan.TransactionId), (report.BytesBefore, report.BytesAfter, report.TransactionId));
            Assert.Equal(scene.Bytes, report.BytesAfter);
            scene.AssertNothingComesBack(RandomCompaction.Describe(model));
            foreach (CompactedSegment segment in report.Segments)
            {
                bool isThere = scene.Segments.Contains(segment.Segment.ToString(System.Globalization.CultureInfo.InvariantCulture));
                Assert.Equal(segment is { Action: CompactionAction.Keep, Reason: not CompactionReason.Missing }, isThere);
            }
        }

        // Warnings are about the hints that were spoiled last.
        Assert.Equal(CheckConclusion.Sound, new CheckScene(scene.Repository).Check().Conclusion);
    }

    [Fact]
    public void What_an_interrupted_transaction_left_is_no_part_of_a_plan()
    {
        CompactionScene scene = new(new ScriptedRepository());
        scene.Put((1, "one"), (2, "two"));
        scene.Delete(1);
        scene.Repository.Segment(9, """P(k8,"aborted") P(k8,"aborted")""");
        CompactionOptions options = new() { All = true, Threshold = 0 };
        CompactionReport plan = scene.Plan(options);
        Assert.DoesNotContain(plan.Segments, segment => segment.Segment == 9);
        CompactionReport report = scene.Compact(options);
        Assert.Equal((plan.BytesBefore, plan.BytesAfter), (report.BytesBefore, report.BytesAfter));
        Assert.Equal("k2=two", scene.Repository.Objects());
    }

    [Fact]
    public void Before_the_first_transaction_there_is_nothing_to_plan_or_do()
    {
        CompactionScene scene = new(new ScriptedRepository());
        CompactionOptions options = new() { All = true, RemoveEmptyCommits = true };
        foreach (CompactionReport report in new[] { scene.Plan(options), scene.Compact(options) })
        {
            Assert.Empty(report.Segments);
            Assert.Null(report.TransactionId);
            Assert.Equal(0, report.BytesFreed);
        }

        Assert.Empty(scene.Segments);
    }

    private static void LeaveTail(CompactionScene scene)
    {
        using Repository session = scene.Repository.Open();
        session.Put(SegmentScript.Key(99), "never committed"u8);
        session.Abandon();
    }
}
