using BorgRepo.Core.Checking;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Checking;

/// <summary>A check tells a wrong index, a damaged entry and a missing file from each other, and a repair never pays for one with another.</summary>
public sealed class IndexJudgementTests
{
    private const uint BehindEachEnd = 5000;
    private const string Log = """P(k1,"one") P(k2,"two") P(k3,"three") P(k4,"four") C""";

    [Fact]
    public void An_index_entry_that_is_missing_or_superfluous_or_wrong_is_named_and_repaired_without_touching_a_segment()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, Log).Indexed().WithIndex(index =>
        {
            index.Remove(SegmentScript.Key(1), out _);
            index.TryGet(SegmentScript.Key(3), out EntryLocation third);
            index.Set(SegmentScript.Key(2), third);
            index.Set(SegmentScript.Key(9), third);
        });
        SortedDictionary<string, string> data = repository.DataFiles();
        CheckScene scene = new(repository);
        scene.Check();
        Assert.Equal(
            [(FindingKind.IndexEntryMissing, 1), (FindingKind.IndexEntryMismatch, 2), (FindingKind.IndexEntrySuperfluous, 9)],
            Named(scene).OrderBy(pair => pair.Number));
        Assert.Empty(scene.Repair().LostObjects);
        scene.AssertSound();
        Assert.Equal(data, repository.DataFiles());
        Assert.Equal("k1=one k2=two k3=three k4=four", repository.Objects());
    }

    [Fact]
    public void Every_entry_of_a_damaged_segment_is_kept_although_the_index_is_wrong_about_all_of_them()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, Log).Indexed().WithIndex(index =>
        {
            for (int n = 1; n <= 4; n++)
            {
                index.Set(SegmentScript.Key(n), new EntryLocation(0, 9999));
            }
        });
        repository.Edit("data/0/0", content => content[20] ^= 1);
        new CheckScene(repository).Repair();
        Assert.Equal("k2=two k3=three k4=four", repository.Objects());
        new CheckScene(repository).AssertSound();
    }

    [Fact]
    public void A_damaged_entry_is_named_by_its_key_only_if_the_index_confirms_the_key()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, Log).Indexed();
        // In the key of the first entry: what stands there now is nobody's.
        repository.Edit("data/0/0", content => content[8 + 9] ^= 1);
        CheckScene scene = new(repository);
        CheckResult result = scene.Check();
        Finding damage = scene.Findings.Single(finding => finding.Kind == FindingKind.ChecksumMismatch);
        Assert.Null(damage.Id);
        Assert.Equal((0u, 8L), (damage.Segment, damage.Offset));
        Finding lost = scene.Findings.Single(finding => finding.Kind == FindingKind.ObjectLost);
        Assert.Equal(SegmentScript.Key(1), lost.Id);
        Assert.Equal([SegmentScript.Key(1)], result.LostObjects);
    }

    [Fact]
    public void A_missing_file_is_one_finding_with_the_number_of_its_objects_and_each_of_them_is_named()
    {
        ScriptedRepository repository = new ScriptedRepository()
            .Segment(0, """P(k1,"old") C""").Segment(1, """D(k1) P(k1,"new") P(k2,"two") C""").Segment(2, """P(k3,"three") C""").Indexed();
        repository.Delete("data/0/1");
        CheckScene scene = new(repository);
        CheckResult result = scene.Check();
        Finding missing = scene.Findings.Single(finding => finding.Kind == FindingKind.MissingSegment);
        Assert.Equal(1u, missing.Segment);
        Assert.Contains("2 objects", missing.Message, StringComparison.Ordinal);
        Assert.Equal([SegmentScript.Key(1), SegmentScript.Key(2)], result.LostObjects.Order());
        Finding first = scene.Findings.Single(finding => finding.Kind == FindingKind.ObjectLost && finding.Id == SegmentScript.Key(1));
        Assert.Contains("older value", first.Message, StringComparison.Ordinal);
        scene.Repair();
        Assert.Equal("k1=old k3=three", repository.Objects());
    }

    [Fact]
    public void Hints_that_count_wrong_or_count_what_is_not_there_are_warnings()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, Log).Indexed().WithHints(usage =>
        {
            usage.AddUse(0);
            usage.AddUse(77);
        });
        CheckScene scene = new(repository);
        Assert.Equal(CheckConclusion.Sound, scene.Check().Conclusion);
        Assert.Equal([FindingKind.HintsUseCountMismatch, FindingKind.HintsDanglingSegment], scene.Kinds);
        Assert.All(scene.Findings, finding => Assert.Equal(FindingSeverity.Warning, finding.Severity));
        scene.Repair();
        scene.AssertSound();
    }

    [Fact]
    public void A_damage_in_a_superseded_entry_is_an_error_but_no_object_is_lost()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, """P(k1,"old") P(k2,"two") C""").Segment(1, """D(k1) P(k1,"new") C""").Indexed();
        repository.Edit("data/0/0", content => content[8 + 41] ^= 1);
        CheckScene scene = new(repository);
        CheckResult result = scene.Check();
        Assert.Equal([FindingKind.ChecksumMismatch], scene.Errors);
        Assert.Empty(result.LostObjects);
        scene.Repair();
        scene.AssertSound();
        Assert.Equal("k1=new k2=two", repository.Objects());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_random_index_is_judged_against_a_random_log_as_two_dictionaries_would_be(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        ScriptedRepository repository = new();
        Dictionary<ObjectId, EntryLocation> log = [];
        for (uint segment = 0; segment < 12; segment++)
        {
            List<byte> bytes = [.. SegmentScript.Magic];
            for (int i = random.Next(1, 12); i > 0; i--)
            {
                ObjectId id = SegmentScript.Key(random.Next(40));
                if (random.Next(4) == 0)
                {
                    log.Remove(id);
                    bytes.AddRange(SegmentScript.Entry(1, id.ToArray()));
                }
                else
                {
                    log[id] = new EntryLocation(segment, (uint)bytes.Count);
                    bytes.AddRange(SegmentScript.Put(id, new byte[random.Next(30)]));
                }
            }

            repository.Write($"data/0/{segment}", [.. bytes, .. SegmentScript.Commit]);
        }

        Dictionary<ObjectId, EntryLocation> wrong = new(log);
        repository.Indexed().WithIndex(index =>
        {
            for (int i = random.Next(20); i > 0; i--)
            {
                ObjectId id = SegmentScript.Key(random.Next(60));
                EntryLocation somewhere = random.Next(2) == 0 ? log.Values.ElementAt(random.Next(log.Count)) : new EntryLocation((uint)random.Next(12), BehindEachEnd);
                if (random.Next(3) == 0)
                {
                    wrong.Remove(id);
                    index.Remove(id, out _);
                }
                else
                {
                    wrong[id] = somewhere;
                    index.Set(id, somewhere);
                }
            }
        });
        List<(FindingKind, ObjectId)> expected = [];
        expected.AddRange(log.Keys.Except(wrong.Keys).Select(id => (FindingKind.IndexEntryMissing, id)));
        expected.AddRange(wrong.Where(item => !log.ContainsKey(item.Key)).Select(item => (Kind(item.Value, FindingKind.IndexEntrySuperfluous), item.Key)));
        expected.AddRange(wrong
            .Where(item => log.TryGetValue(item.Key, out EntryLocation right) && right != item.Value)
            .Select(item => (item.Value.IsBefore(log[item.Key]) ? FindingKind.IndexEntryMismatch : Kind(item.Value, FindingKind.IndexEntryMismatch), item.Key)));
        CheckScene scene = new(repository);
        CheckResult result = scene.Check(new CheckOptions { Workers = 1 + (seed % 3) });
        Assert.Equal(expected.Order(), scene.Findings.Where(finding => finding.Severity == FindingSeverity.Error).Select(finding => (finding.Kind, finding.Id!.Value)).Order());
        Assert.Equal(log.Count, result.ObjectCount);
        scene.Repair();
        scene.AssertSound();

        // What the index has behind the end of a file was cut off, for all that a check can tell.
        static FindingKind Kind(EntryLocation location, FindingKind kind) => location.Offset == BehindEachEnd ? FindingKind.ObjectLost : kind;
    }

    [Fact]
    public void Objects_behind_the_place_between_two_entries_where_a_file_was_cut_off_are_lost()
    {
        ScriptedRepository repository = new ScriptedRepository()
            .Segment(0, """P(k1,"old") P(k3,"three") C""").Segment(1, """D(k1) P(k1,"new") P(k2,"two")""").Segment(2, "C").Indexed();
        repository.Write("data/0/1", repository.Read("data/0/1")[..(8 + 41)]);
        CheckScene scene = new(repository);
        CheckResult result = scene.Check();
        Assert.Equal([SegmentScript.Key(1), SegmentScript.Key(2)], result.LostObjects.Order());
        Assert.All(scene.Findings.Where(finding => finding.Kind == FindingKind.ObjectLost), finding => Assert.Contains("end of the file", finding.Message, StringComparison.Ordinal));
        scene.Repair();
        Assert.Equal("k3=three", repository.Objects());
    }

    private static IEnumerable<(FindingKind Kind, int Number)> Named(CheckScene scene) => scene.Findings
        .Where(finding => finding.Severity == FindingSeverity.Error)
        .Select(finding => (finding.Kind, Convert.ToInt32(finding.Id!.Value.ToString()[56..], 16)));
}
