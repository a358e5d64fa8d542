using System.Globalization;
using BorgRepo.Core.Checking;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Checking;

/// <summary>Our repair on each repository of real borg: it does what it planned, leaves nothing to repair, and loses nothing that borg's keeps.</summary>
public sealed class FixtureRepairTests
{
    private const string BackupSuffix = ".beforerecover";

    public static TheoryData<string> Names => [.. VectorRepository.Names.Where(IsRepaired)];

    public static TheoryData<string> ForeignNames => [.. StricterThanBorg.NotRepaired];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_plan_is_what_the_repair_does_and_a_check_finds_nothing_more(string name)
    {
        MemoryVector vector = new(name);
        CheckScene scene = new(vector);
        CheckResult plan = scene.Plan();
        List<Finding> planned = [.. scene.Findings];
        CheckResult repair = scene.Repair();
        Assert.Equal(planned, scene.Findings);
        Assert.Equal(plan.Repairs, repair.Repairs);
        Assert.Equal(plan.LostObjects, repair.LostObjects);
        Assert.Equal(repair.ErrorCount == 0 ? CheckConclusion.Sound : CheckConclusion.RepairPlanned, plan.Conclusion);
        Assert.Equal(repair.ErrorCount == 0 ? CheckConclusion.Sound : CheckConclusion.Repaired, repair.Conclusion);
        foreach (RepairAction action in repair.Repairs.Where(action => action.Kind is RepairKind.RewriteSegment or RepairKind.AddCommit))
        {
            string file = vector.Files("data/").Single(file => file.Key.EndsWith(string.Create(CultureInfo.InvariantCulture, $"/{action.Segment}"), StringComparison.Ordinal)).Value;
            Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{action.KeptBytes} "), file, StringComparison.Ordinal);
        }

        CheckResult after = scene.AssertSound();
        Assert.Equal(repair.TransactionId, after.TransactionId);
        using Repository repository = scene.Open();
        Assert.Equal(after.ObjectCount, repository.Count);
        Assert.Equal(after.TransactionId, repository.TransactionId);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_borgs_repair_keeps_ours_keeps_too(string name)
    {
        MemoryVector vector = new(name);
        CheckScene scene = new(vector);
        scene.Repair();
        using Repository repository = scene.Open();
        ExpectedState theirs = StricterThanBorg.Completed.TryGetValue(name, out string? completed)
            ? Expectations.For(completed).Read
            : Expectations.For(name).AfterRepair;
        if (theirs.Reading is not null)
        {
            // Nothing can be read after borg's repair.
            Assert.Equal(0, repository.Count);
            return;
        }

        if (theirs.Objects is not { } objects)
        {
            StateComparison.AssertObjects(theirs, repository, name);
            return;
        }

        SortedDictionary<string, string> ours = StateComparison.DescribeObjects(repository);
        Assert.All(objects.Where(expected => expected.Value.Error is null), expected => Assert.Equal(
            FileTree.DescribeContent(expected.Value.Length, expected.Value.Digest!), ours.GetValueOrDefault(expected.Key)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Originals_of_changed_segments_are_kept_byte_for_byte(string name)
    {
        MemoryVector vector = new(name);
        SortedDictionary<string, string> before = vector.Files("data/");
        CheckResult repair = new CheckScene(vector).Repair();
        SortedDictionary<string, string> after = vector.Files("data/");
        foreach ((string file, string content) in before.Where(file => after.GetValueOrDefault(file.Key) != file.Value))
        {
            // There is nothing to keep of a file without content.
            bool isEmpty = content.StartsWith("0 ", StringComparison.Ordinal);
            Assert.Equal(isEmpty ? null : content, after.GetValueOrDefault(file + BackupSuffix));
        }

        IEnumerable<string> backups = repair.Repairs.Select(action => action.BackupPath).OfType<string>();
        Assert.Equal(
            after.Keys.Except(before.Keys).Where(file => file.Contains(BackupSuffix, StringComparison.Ordinal)),
            backups.Select(path => Path.GetRelativePath(vector.Path, path).Replace('\\', '/')).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void If_no_originals_are_wanted_nothing_is_left_but_segments(string name)
    {
        MemoryVector vector = new(name);
        SortedDictionary<string, string> before = vector.Files("data/");
        CheckResult repair = new CheckScene(vector).Repair(noBackup: true);
        Assert.All(repair.Repairs, action => Assert.Null(action.BackupPath));
        IEnumerable<string> more = vector.Files("data/").Keys.Except(before.Keys);
        Assert.Equal(repair.Repairs.Count(action => action.Kind == RepairKind.AddCommit), more.Count());
        Assert.DoesNotContain(vector.Files().Keys, file => file.Contains("beforerecover", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ForeignNames))]
    public void A_repository_with_entries_of_borg_2_is_left_alone(string name)
    {
        MemoryVector vector = new(name);
        SortedDictionary<string, string> before = vector.Files();
        CheckScene scene = new(vector);
        CheckResult plan = scene.Plan();
        CheckResult result = scene.Repair();
        Assert.Equal(CheckConclusion.NotRepairable, result.Conclusion);
        Assert.Equal(CheckConclusion.NotRepairable, plan.Conclusion);
        Assert.Empty(result.Repairs);
        Assert.Equal(before, vector.Files());
    }

    [Fact]
    public void An_append_only_repository_is_not_repaired_not_even_planned()
    {
        MemoryVector vector = new("append-only");
        SortedDictionary<string, string> before = vector.Files();
        Assert.Throws<AppendOnlyException>(() => new CheckScene(vector).Repair());
        Assert.Throws<AppendOnlyException>(() => new CheckScene(vector).Plan());
        Assert.Equal(before, vector.Files());
    }

    internal static bool IsRepaired(string name) =>
        FixtureCheckTests.Opens(name) && !FixtureCheckTests.IsAppendOnly(name) && !StricterThanBorg.NotRepaired.Contains(name);
}
