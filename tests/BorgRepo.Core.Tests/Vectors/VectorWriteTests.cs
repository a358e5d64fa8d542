using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>A transaction of ours on each repository of real borg leaves what borg's own would leave.</summary>
public sealed class VectorWriteTests
{
    /// <summary>Those on which nothing can be written, because they do not open or their log cannot be read.</summary>
    private static readonly string[] Refused = [.. VectorRepository.Names.Where(IsRefused)];

    public static TheoryData<string> WritableNames => [.. VectorRepository.Names.Except(Refused)];

    /// <summary>Those whose objects afterwards real borg knows too; why not the others: <see cref="BetterThanBorg.WriteNotComparable"/>.</summary>
    public static TheoryData<string> ComparableNames => [.. WritableNames.Select(row => row.Data).Where(name => BetterThanBorg.WriteNotComparable(name) is null)];

    public static TheoryData<string> RefusedNames => [.. Refused];

    [Theory]
    [MemberData(nameof(WritableNames))]
    public void A_transaction_changes_what_it_should_and_nothing_else(string name)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        SortedDictionary<string, string> segmentsBefore = FileTree.DescribeSegments(vector.Path);
        Dictionary<ObjectId, string> expected = [];
        ObjectId? deleted;
        uint? before;
        using (Repository repository = Open(vector, SessionAccess.Write))
        {
            foreach (ObjectId id in repository.List())
            {
                expected[id] = Describe(repository, id);
            }

            before = repository.TransactionId;
            deleted = ExpectationRun.RunOn(repository);
            Assert.False(repository.InTransaction);
        }

        expected[ExpectationRun.NewId] = FileTree.DescribeContent(ExpectationRun.Value.Length, StateComparison.Digest(ExpectationRun.Value));
        if (deleted is { } gone)
        {
            expected.Remove(gone);
        }

        TestServices services = new();
        using (Repository repository = Open(vector, SessionAccess.Read, services))
        {
            Dictionary<ObjectId, string> actual = repository.List().ToDictionary(id => id, id => Describe(repository, id));
            Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
            Assert.All(expected, item => Assert.Equal(item.Value, actual[item.Key]));
            Assert.True(repository.TransactionId > (before ?? 0));
        }

        Assert.Empty(services.Warnings);
        AssertLogOnlyGrew(segmentsBefore, FileTree.DescribeSegments(vector.Path), before);
    }

    [Theory]
    [MemberData(nameof(ComparableNames))]
    public void The_objects_afterwards_are_those_that_borg_has_after_the_same_transaction(string name)
    {
        ExpectedState expected = Expectations.For(name).AfterWrite;
        using VectorRepository vector = VectorRepository.Unpack(name);
        using (Repository repository = Open(vector, SessionAccess.Write))
        {
            ExpectationRun.RunOn(repository);
        }

        using Repository reopened = Open(vector, SessionAccess.Read);
        StateComparison.AssertObjects(expected, reopened, name);
    }

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public void What_cannot_be_written_to_gives_a_typed_error_and_keeps_its_log(string name)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        SortedDictionary<string, string> before = FileTree.Describe(vector.Path);
        SortedDictionary<string, string> segmentsBefore = FileTree.DescribeSegments(vector.Path);
        Exception? error = Record.Exception(() =>
        {
            using Repository repository = Open(vector, SessionAccess.Write);
            ExpectationRun.RunOn(repository);
        });
        ExpectedErrors.AssertMatches(BetterThanBorg.ExpectedWriteError(name) ?? Expectations.For(name).Write!, error, name);
        Assert.Equal(segmentsBefore, FileTree.DescribeSegments(vector.Path));
        Assert.DoesNotContain(
            FileTree.Describe(vector.Path).Keys.Except(before.Keys),
            file => file.StartsWith("lock.", StringComparison.Ordinal));
    }

    /// <summary>Segments up to the last commit stay as they are; only what was never committed may be replaced.</summary>
    private static void AssertLogOnlyGrew(SortedDictionary<string, string> before, SortedDictionary<string, string> after, uint? committed)
    {
        foreach ((string file, string content) in before)
        {
            if (!uint.TryParse(file.AsSpan(file.LastIndexOf('/') + 1), out uint segment) || segment <= committed)
            {
                Assert.Equal(content, after.GetValueOrDefault(file));
            }
        }
    }

    private static bool IsRefused(string name)
    {
        ExpectedState read = BetterThanBorg.ExpectedRead(name, SessionAccess.Write);
        return read.Open is not null || read.Reading is not null || BetterThanBorg.ExpectedWriteError(name) is not null;
    }

    private static string Describe(Repository repository, ObjectId id)
    {
        try
        {
            byte[] value = repository.Get(id);
            return FileTree.DescribeContent(value.Length, StateComparison.Digest(value));
        }
        catch (BorgRepositoryException error)
        {
            return error.Message;
        }
    }

    private static Repository Open(VectorRepository vector, SessionAccess access, TestServices? services = null) => Repository.Open(
        vector.Path,
        new OpenOptions { Access = access, LockWait = TimeSpan.Zero },
        (services ?? new TestServices()).Services,
        TestContext.Current.CancellationToken);
}
