using BorgRepo.Core.Checking;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Checking;

/// <summary>Where a log has lost its last COMMIT a repair completes the transaction, and never half of another one.</summary>
public sealed class LogEndTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void In_the_layout_of_borg_1_0_a_bad_byte_in_the_newest_segment_costs_one_entry_and_not_the_transaction(bool isIndexed)
    {
        ScriptedRepository repository = new ScriptedRepository()
            .Segment(0, """P(k1,"old") P(k5,"five") C""")
            .Segment(1, """D(k1) P(k1,"new") P(k2,"two") P(k3,"three") C""").Indexed();
        if (!isIndexed)
        {
            repository.Delete("index.1").Delete("hints.1").Delete("integrity.1");
        }

        byte[] damaged = Flip(repository, "data/0/1", "two");
        Assert.Equal("k1=old k5=five", repository.Objects(SessionAccess.ReadNoLock));
        CheckScene scene = new(repository);
        scene.Check();
        Assert.Contains(FindingKind.DamagedCommit, scene.Errors);
        Assert.Contains(FindingKind.ChecksumMismatch, scene.Errors);
        Assert.Equal(isIndexed ? SegmentScript.Key(2) : null, scene.Findings.Single(finding => finding.Kind == FindingKind.ChecksumMismatch).Id);
        CheckResult repair = AssertRepairs(repository);
        Assert.Equal(1u, repair.TransactionId);
        Assert.DoesNotContain(repair.Repairs, action => action.Kind == RepairKind.AddCommit);
        Assert.Equal("k1=new k3=three k5=five", repository.Objects());
        Assert.Equal(damaged, repository.Read("data/0/1.beforerecover"));
    }

    [Fact]
    public void A_damaged_commit_is_kept_and_the_interrupted_transaction_behind_it_is_not_made_to_count()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"one") C""").Segment(1, """P(k2,"two") P(k3,"three") C""").Indexed();
        Flip(repository, "data/0/1", "two");
        repository.Segment(2, """D(k1) P(k9,"aborted")""");
        CheckResult repair = AssertRepairs(repository);
        Assert.Equal(1u, repair.TransactionId);
        Assert.Equal("k1=one k3=three", repository.Objects());
        Assert.True(repository.Exists("data/0/2"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_commit_that_has_to_be_added_covers_nothing_of_the_interrupted_transaction_behind_it(bool isFileThere)
    {
        ScriptedRepository repository = new ScriptedRepository()
            .Segment(0, """P(k1,"one")""").Segment(1, "C").Segment(2, """P(k2,"two")""").Segment(3, "C").Indexed();
        _ = isFileThere ? repository.Edit("data/0/3", content => content[10] ^= 1) : repository.Delete("data/0/3");
        repository.Segment(4, """D(k1) P(k9,"aborted")""").Segment(5, """P(k8,"aborted")""");
        byte[] aborted = repository.Read("data/0/4");
        CheckResult repair = AssertRepairs(repository);
        Assert.Equal(isFileThere ? 4u : 3u, repair.TransactionId);
        Assert.Equal("k1=one k2=two", repository.Objects());
        Assert.Equal([5u, 4u], repair.Repairs.Where(action => action.Kind == RepairKind.RemoveSegment).Select(action => action.Segment));
        Assert.Equal(aborted, repository.Read("data/0/4.beforerecover"));
    }

    [Fact]
    public void Zeros_behind_the_last_commit_are_cut_off_and_no_commit_is_added()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.Write("data/0/1", [.. SegmentScript.Segment("C"), .. new byte[64 * 1024]]);
        CheckResult repair = AssertRepairs(repository);
        Assert.Equal(1u, repair.TransactionId);
        Assert.Equal([RepairKind.RewriteSegment, RepairKind.RebuildIndex], repair.Repairs.Select(action => action.Kind));
        Assert.Equal(SegmentScript.Segment("C"), repository.Read("data/0/1"));
        Assert.Equal("k1=abc k2=def k3=ghi", repository.Objects());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void If_all_files_with_commits_are_lost_a_repair_brings_all_objects_back(bool isIndexed)
    {
        ScriptedRepository repository = new ScriptedRepository()
            .Segment(0, """P(k1,"one")""").Segment(1, "C").Segment(2, """P(k2,"two") D(k1)""").Segment(3, "C").Segment(4, """P(k3,"three")""").Segment(5, "C").Indexed();
        if (!isIndexed)
        {
            repository.Delete("index.5").Delete("hints.5").Delete("integrity.5");
        }

        repository.Delete("data/0/1").Delete("data/0/3").Delete("data/0/5");
        CheckResult repair = AssertRepairs(repository);
        Assert.Equal(5u, repair.TransactionId);
        Assert.Equal("k2=two k3=three", repository.Objects());
    }

    [Fact]
    public void Without_any_commit_the_index_tells_where_the_last_transaction_ended()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"one")""").Segment(1, "C").Indexed();
        repository.Delete("data/0/1").Segment(2, """D(k1)""");
        AssertRepairs(repository);
        Assert.Equal("k1=one", repository.Objects());
    }

    [Fact]
    public void An_index_that_is_newer_than_all_segments_is_only_a_warning_and_heals()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"one") C""").Segment(1, """P(k2,"two") C""").Indexed();
        repository.Delete("data/0/1");
        CheckScene scene = new(repository);
        Assert.Equal(CheckConclusion.Sound, scene.Check().Conclusion);
        Assert.Equal([FindingKind.IndexTooNew], scene.Kinds);
        Write(repository);
        scene.AssertSound();
        Assert.Equal("k1=one k7=seven", repository.Objects());
    }

    [Fact]
    public void What_an_interrupted_transaction_left_is_mentioned_and_no_error()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects().Segment(2, """P(k9,"aborted")""");
        repository.Write("data/0/3", "garbage"u8.ToArray());
        CheckScene scene = new(repository);
        Assert.Equal(CheckConclusion.Sound, scene.Check().Conclusion);
        Assert.Equal([FindingKind.UncommittedSegment, FindingKind.UncommittedSegment], scene.Kinds);
        Assert.All(scene.Findings, finding => Assert.Equal(FindingSeverity.Information, finding.Severity));
    }

    [Fact]
    public void An_index_from_before_a_damaged_transaction_is_called_outdated_and_not_wrong()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"one") C""").Indexed();
        repository.Segment(1, """P(k2,"two") P(k3,"three") C""");
        Flip(repository, "data/0/1", "two");
        CheckScene scene = new(repository);
        scene.Check();
        Assert.Equal([FindingKind.DamagedCommit, FindingKind.ChecksumMismatch], scene.Errors);
        Assert.Contains(FindingKind.IndexOutdated, scene.Kinds);
        AssertRepairs(repository);
        Assert.Equal("k1=one k3=three", repository.Objects());
    }

    /// <returns>The damaged bytes.</returns>
    private static byte[] Flip(ScriptedRepository repository, string name, string value)
    {
        repository.Edit(name, content => content[content.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(value))] ^= 1);
        return repository.Read(name);
    }

    private static CheckResult AssertRepairs(ScriptedRepository repository)
    {
        CheckScene scene = new(repository);
        CheckResult plan = scene.Plan();
        CheckResult repair = scene.Repair();
        Assert.Equal(CheckConclusion.Repaired, repair.Conclusion);
        Assert.Equal(plan.Repairs, repair.Repairs);
        CheckResult after = scene.Check();
        Assert.True(after.Conclusion == CheckConclusion.Sound, scene.Describe());
        Assert.Equal(repair.TransactionId, after.TransactionId);
        return repair;
    }

    private static void Write(ScriptedRepository repository)
    {
        using Repository session = repository.Open();
        session.Put(SegmentScript.Key(7), "seven"u8);
        session.Commit(new CommitOptions(), TestContext.Current.CancellationToken);
    }
}
