using BorgRepo.Core.Checking;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Checking;

/// <summary>Our check on each repository of real borg, held against borg's own.</summary>
public sealed class FixtureCheckTests
{
    public static TheoryData<string> Names => [.. VectorRepository.Names.Where(Opens)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_verdict_is_that_of_borg_or_deliberately_stricter(string name)
    {
        CheckScene scene = new(new MemoryVector(name));
        CheckResult result = scene.Check();
        bool theirs = Expectations.For(name).CheckResult ?? true;
        bool expected = theirs && !StricterThanBorg.Verdicts.Contains(name);
        Assert.True(result.Passed == expected, $"{name}: {result.Conclusion}, borg: {theirs}\n{scene.Describe()}");
        Assert.Equal(result.Passed, scene.Errors.Count == 0);
        Assert.Equal(scene.Errors.Count, result.ErrorCount);
        Assert.All(scene.Findings, finding => Assert.NotEmpty(finding.Message));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Four_threads_find_what_one_finds_and_in_the_same_order(string name)
    {
        MemoryVector vector = new(name);
        CheckScene one = new(vector);
        CheckScene four = new(vector);
        CheckResult first = one.Check(new CheckOptions { Workers = 1 }, SessionAccess.ReadNoLock);
        CheckResult second = four.Check(new CheckOptions { Workers = 4 }, SessionAccess.ReadNoLock);
        Assert.Equal(one.Findings, four.Findings);
        Assert.Equal(first.LostObjects, second.LostObjects);
        Assert.Equal(
            first with { Duration = default, LostObjects = [], Repairs = [] },
            second with { Duration = default, LostObjects = [], Repairs = [] });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Without_a_lock_no_byte_changes_not_even_by_planning_a_repair(string name)
    {
        MemoryVector vector = new(name);
        SortedDictionary<string, string> before = vector.Files();
        vector.FileSystem.IsReadOnly = true;
        CheckScene scene = new(vector);
        scene.Check(new CheckOptions(), SessionAccess.ReadNoLock);
        scene.Check(new CheckOptions { Quick = true }, SessionAccess.ReadNoLock);
        scene.Check(new CheckOptions { MaxDuration = TimeSpan.Zero }, SessionAccess.ReadNoLock);
        if (!IsAppendOnly(name))
        {
            scene.Plan();
        }

        Assert.Equal(before, vector.Files());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_lock_nothing_changes_but_the_progress_of_an_earlier_partial_check(string name)
    {
        MemoryVector vector = new(name);
        SortedDictionary<string, string> before = Without(vector.Files(), "config", "lock.");
        new CheckScene(vector).Check();
        Assert.Equal(before, Without(vector.Files(), "config", "lock."));
        Assert.DoesNotContain(
            "last_segment_checked", System.Text.Encoding.UTF8.GetString(vector.FileSystem.ReadAllBytes(vector.PathOf("config"))), StringComparison.Ordinal);
    }

    internal static bool Opens(string name) => BetterThanBorg.ExpectedRead(name, SessionAccess.Write).Open is null;

    internal static bool IsAppendOnly(string name) => name == "append-only";

    private static SortedDictionary<string, string> Without(SortedDictionary<string, string> files, params string[] prefixes)
    {
        foreach (string file in files.Keys.Where(file => prefixes.Any(prefix => file.StartsWith(prefix, StringComparison.Ordinal))).ToList())
        {
            files.Remove(file);
        }

        return files;
    }
}
