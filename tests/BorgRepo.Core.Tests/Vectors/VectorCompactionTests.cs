using Xunit;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>The whole of the expectation run, with its compaction at threshold 0: segments and hints byte for byte as borg leaves them.</summary>
public sealed class VectorCompactionTests
{
    public static TheoryData<string> Names => [.. VectorRepository.Names.Where(name => BetterThanBorg.WriteNotComparable(name) is null)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_transaction_with_compaction_leaves_the_files_that_borg_leaves(string name)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        SortedDictionary<string, string> expected = FileTree.Describe(vector.Path);
        foreach ((string file, string? content) in BetterThanBorg.ExpectedFilesAfterWrite(name))
        {
            if (content is null)
            {
                expected.Remove(file);
            }
            else
            {
                expected[file] = content;
            }
        }

        using (Repository repository = Open(vector))
        {
            ExpectationRun.RunOn(repository, new CommitOptions { Compact = true, Threshold = 0 });
        }

        SortedDictionary<string, string> actual = FileTree.Describe(vector.Path);
        Assert.Equal(Files(expected, name), Files(actual, name));
        using Repository reopened = Open(vector);
        StateComparison.AssertObjects(Expectations.For(name).AfterWrite, reopened, name);
    }

    private static List<string> Files(SortedDictionary<string, string> tree, string name) => [.. tree
        .Where(file => file.Value != "directory" && file.Key != "transactions")
        .Select(file => IsComparedByName(file.Key, name) ? file.Key : $"{file.Key} {file.Value}")];

    /// <summary>The order of buckets in an index depends on how it came about, and integrity holds its digest; lock files hold processes.</summary>
    private static bool IsComparedByName(string file, string name) =>
        file.StartsWith("index.", StringComparison.Ordinal) || file.StartsWith("integrity.", StringComparison.Ordinal)
        || (file.StartsWith("hints.", StringComparison.Ordinal) && BetterThanBorg.KeepsCountOfLostSegment.Contains(name));

    private static Repository Open(VectorRepository vector) => Repository.Open(
        vector.Path,
        new OpenOptions { Access = SessionAccess.Write, LockWait = TimeSpan.Zero },
        new TestServices().Services,
        TestContext.Current.CancellationToken);
}
