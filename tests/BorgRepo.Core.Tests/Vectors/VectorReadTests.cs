using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>Each repository of real borg, read in each of the ways there are, gives what borg itself reads from it.</summary>
public sealed class VectorReadTests
{
    public static TheoryData<string> Names => [.. VectorRepository.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_session_for_writing_sees_what_borg_sees(string name)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        ReadAndCompare(vector, SessionAccess.Write, BetterThanBorg.ExpectedRead(name, SessionAccess.Write));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_session_for_reading_sees_what_borg_sees(string name)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        ReadAndCompare(vector, SessionAccess.Read, BetterThanBorg.ExpectedRead(name, SessionAccess.Read));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_session_without_a_lock_sees_what_borg_sees_and_changes_no_file(string name)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        SortedDictionary<string, string> before = FileTree.Describe(vector.Path);
        ReadAndCompare(vector, SessionAccess.ReadNoLock, BetterThanBorg.ExpectedRead(name, SessionAccess.ReadNoLock));
        Assert.Equal(before, FileTree.Describe(vector.Path));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Reading_leaves_the_files_that_borg_leaves(string name)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        Expectation expectation = Expectations.For(name);
        SortedDictionary<string, string> expected = FileTree.Describe(vector.Path);
        foreach ((string file, string? content) in BetterThanBorg.ExpectedFilesAfterRead(name))
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

        _ = Record.Exception(() => ReadAll(vector, SessionAccess.Write));
        SortedDictionary<string, string> actual = FileTree.Describe(vector.Path);
        Assert.Equal(expected.Keys, actual.Keys);
        foreach ((string file, string content) in expected)
        {
            // The order of buckets in an index depends on how it came about; the tests of its content are elsewhere.
            if (!IsIndexOrItsDigest(file) || expectation.Files.ContainsKey(file))
            {
                Assert.True(content == actual[file], $"{file}: borg leaves {content}, we leave {actual[file]}");
            }
        }
    }

    private static bool IsIndexOrItsDigest(string file) =>
        file.StartsWith("index.", StringComparison.Ordinal) || file.StartsWith("integrity.", StringComparison.Ordinal);

    private static void ReadAll(VectorRepository vector, SessionAccess access)
    {
        using Repository repository = Open(vector, access, new TestServices());
        foreach (ObjectId id in repository.List())
        {
            _ = Record.Exception(() => repository.Get(id));
        }
    }

    private static Repository Open(VectorRepository vector, SessionAccess access, TestServices services) => Repository.Open(
        vector.Path,
        new OpenOptions { Access = access, LockWait = TimeSpan.Zero },
        services.Services,
        TestContext.Current.CancellationToken);

    private static void ReadAndCompare(VectorRepository vector, SessionAccess access, ExpectedState expected)
    {
        TestServices services = new();
        Repository? repository = null;
        Exception? error = Record.Exception(() => repository = Open(vector, access, services));
        using (repository)
        {
            if (expected.Open is { } openError)
            {
                ExpectedErrors.AssertMatches(openError, error, $"{vector.Name}: open");
                return;
            }

            Assert.True(error is null, $"{vector.Name}: open: {error}");
            if (expected.Reading is { } readingError)
            {
                ExpectedErrors.AssertMatches(readingError, Record.Exception(() => repository!.Count), $"{vector.Name}: reading");
                return;
            }

            StateComparison.AssertSame(expected, repository!, vector.Name);
        }
    }
}
