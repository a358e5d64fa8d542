using Xunit;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>The vectors themselves are whole: the other tests would otherwise prove nothing.</summary>
public sealed class VectorArchiveTests
{
    public static TheoryData<string> Names => [.. VectorRepository.Names];

    [Fact]
    public void Every_archive_has_an_expectation_and_every_expectation_an_archive()
    {
        Assert.True(VectorRepository.Names.Count >= 79);
        Assert.Equal(VectorRepository.Names, Expectations.Names.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Unpacked_it_has_exactly_the_files_that_were_written(string name)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        SortedDictionary<string, string> actual = new(
            FileTree.Describe(vector.Path).Where(file => file.Value != "directory").ToDictionary(), StringComparer.Ordinal);
        IReadOnlyDictionary<string, string> expected = Expectations.For(name).Files;
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys);
        foreach ((string file, string content) in expected)
        {
            string found = content.EndsWith(Expectations.AnyDigest, StringComparison.Ordinal) ? actual[file].Split(' ')[0] + " *" : actual[file];
            Assert.Equal(content, found);
        }
    }
}
