using BorgRepo.Core.Checking;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Checking;

/// <summary>Details of repairs that the fixtures do not show.</summary>
public sealed class RepairTests
{
    [Fact]
    public void A_second_damage_of_a_segment_does_not_overwrite_the_first_original()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"one") P(k2,"two") P(k3,"three") C""").Indexed();
        byte[][] originals = new byte[2][];
        for (int round = 0; round < 2; round++)
        {
            repository.Edit("data/0/0", content => content[20] ^= 1);
            originals[round] = repository.Read("data/0/0");
            CheckResult repair = new CheckScene(repository).Repair();
            Assert.Equal(repository.PathOf(round == 0 ? "data/0/0.beforerecover" : "data/0/0.beforerecover.2"), repair.Repairs[0].BackupPath);
        }

        Assert.Equal(originals[0], repository.Read("data/0/0.beforerecover"));
        Assert.Equal(originals[1], repository.Read("data/0/0.beforerecover.2"));
        Assert.Equal("k3=three", repository.Objects());
        CheckScene scene = new(repository);
        scene.AssertSound();
        Assert.Equal([FindingKind.ForeignFile, FindingKind.ForeignFile], scene.Kinds);
    }

    [Fact]
    public void A_misplaced_segment_stops_a_repair_before_it_begins()
    {
        ScriptedRepository repository = new ScriptedRepository(segmentsPerDirectory: 2).Segment(0, """P(k1,"one") C""").Segment(1, """P(k2,"two") C""").Indexed();
        repository.Edit("data/0/0", content => content[20] ^= 1);
        Repository session = repository.Open();
        using (session)
        {
            // Only after opening, which would have refused.
            repository.Write("data/0/5", SegmentScript.Segment("C"));
            SortedDictionary<string, string> before = repository.DataFiles();
            List<Finding> findings = [];
            CheckResult result = session.Check(new CheckOptions { Repair = true }, findings.Add, TestContext.Current.CancellationToken);
            Assert.Equal(CheckConclusion.NotRepairable, result.Conclusion);
            Assert.Contains(findings, finding => finding.Kind == FindingKind.MisplacedSegment && !finding.IsRepairable);
            Assert.Equal(before, repository.DataFiles());
        }
    }

    [Fact]
    public void A_session_that_had_read_before_sees_what_a_repair_left()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"old") C""").Segment(1, """D(k1) P(k1,"new") P(k2,"two") C""").Segment(2, "C").Indexed();
        using (Repository session = repository.Open())
        {
            Assert.Equal("new"u8, session.Get(SegmentScript.Key(1)));
            repository.Edit("data/0/1", content => content[8 + 41 + 20] ^= 1);
            session.Check(new CheckOptions { Repair = true }, _ => { }, TestContext.Current.CancellationToken);
            Assert.Equal("k2=two", ScriptedRepository.Describe(session));
            session.Put(SegmentScript.Key(3), "three"u8);
            session.Commit(new CommitOptions(), TestContext.Current.CancellationToken);
        }

        new CheckScene(repository).AssertSound();
        Assert.Equal("k2=two k3=three", repository.Objects());
    }

    [Fact]
    public void Other_files_in_the_data_folder_are_mentioned_and_left_alone()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.Write("data/0/0.repair.tmp", [1, 2, 3]).Write("data/desktop.ini", [4]).Write("data/lost+found/9", [5]);
        SortedDictionary<string, string> data = repository.DataFiles();
        CheckScene scene = new(repository);
        scene.AssertSound();
        Assert.Equal(3, scene.Kinds.Count(kind => kind == FindingKind.ForeignFile));
        scene.Repair();
        Assert.Equal(data, repository.DataFiles());
    }

    [Fact]
    public void A_delete_of_a_key_that_is_lost_with_its_entry_brings_the_older_value_back_and_the_check_said_so()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"old") P(k2,"two") C""").Segment(1, """D(k1) C""").Segment(2, "C").Indexed();
        repository.Edit("data/0/1", content => content[12] ^= 1);
        CheckScene scene = new(repository);
        scene.Check();
        Finding reappears = scene.Findings.Single(finding => finding.Kind == FindingKind.IndexEntryMissing);
        Assert.Equal(SegmentScript.Key(1), reappears.Id);
        scene.Repair();
        Assert.Equal("k1=old k2=two", repository.Objects());
    }

    [Fact]
    public void Hints_and_quota_are_made_anew()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"old") P(k2,"two") C""").Segment(1, """D(k1) P(k1,"new") C""").Segment(2, "C").Indexed();
        string hints = Convert.ToHexStringLower(repository.Read("hints.2"));
        repository.WithHints(usage =>
        {
            usage.QuotaUse = -5;
            usage.SetFreeable(0, 1_000_000);
            usage.ForgetShadow(SegmentScript.Key(1));
            usage.AddUse(1);
        });
        new CheckScene(repository).Repair();
        Assert.Equal(hints, Convert.ToHexStringLower(repository.Read("hints.2")));
    }

    [Fact]
    public void A_session_append_only_by_option_does_not_repair_either()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        using Repository session = Repository.Open(
            repository.Path, new OpenOptions { Access = SessionAccess.Write, AppendOnly = true }, repository.Services, TestContext.Current.CancellationToken);
        Assert.Throws<AppendOnlyException>(() => session.Check(new CheckOptions { Repair = true }, _ => { }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_lock_that_was_broken_while_a_repair_still_reads_stops_it_before_it_writes()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"one") P(k2,"two") C""").Indexed();
        repository.Edit("data/0/0", content => content[20] ^= 1);
        SortedDictionary<string, string> before = repository.DataFiles();
        using Repository session = repository.Open();
        Repository.BreakLock(repository.Path, repository.ServicesOf(new Simulation.SimulatedEnvironment(processId: 4)));
        Assert.Throws<LockLostException>(() => session.Check(new CheckOptions { Repair = true }, _ => { }, TestContext.Current.CancellationToken));
        Assert.Equal(before, repository.DataFiles());
    }

    [Fact]
    public void A_repair_for_borg_1_0_writes_what_borg_1_0_reads()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"one") P(k2,"two") C""").Indexed();
        repository.Edit("data/0/0", content => content[20] ^= 1);
        using (Repository session = repository.Open(format: WriteFormat.Borg10))
        {
            session.Check(new CheckOptions { Repair = true }, _ => { }, TestContext.Current.CancellationToken);
        }

        Assert.Contains("hints.0", repository.Files().Keys);
        Assert.DoesNotContain("integrity.0", repository.Files().Keys);
        Assert.Equal("k2=two", repository.Objects());
    }
}
