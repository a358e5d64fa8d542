using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>Holds all files of two repositories against each other after the same operations.</summary>
internal static class RepositoryFiles
{
    public static void AssertSame(string ours, string theirs, string what, Func<string, bool>? only = null)
    {
        SortedDictionary<string, string> mine = Describe(ours, only);
        SortedDictionary<string, string> other = Describe(theirs, only);
        Assert.True(mine.Keys.SequenceEqual(other.Keys), $"{what}: we have {string.Join(' ', mine.Keys.Except(other.Keys))}, borg has {string.Join(' ', other.Keys.Except(mine.Keys))}");
        foreach ((string file, string content) in mine)
        {
            if (file.StartsWith("index.", StringComparison.Ordinal))
            {
                Assert.Equal(IndexFileReader.Read(Path.Combine(theirs, file)), IndexFileReader.Read(Path.Combine(ours, file)));
            }
            else if (file.StartsWith("integrity.", StringComparison.Ordinal))
            {
                // Holds a digest of the index, and the order of its buckets is each one's own affair.
                Assert.Equal(other[file].Split(' ')[0], content.Split(' ')[0]);
            }
            else if (content != other[file])
            {
                Assert.Fail($"{what}: {file} is {content}, borg's is {other[file]}{Difference(Path.Combine(ours, file), Path.Combine(theirs, file))}");
            }
        }
    }

    private static SortedDictionary<string, string> Describe(string path, Func<string, bool>? only)
    {
        SortedDictionary<string, string> files = FileTree.Describe(path);
        // Emptied folders are removed by compaction since 1.2.5, and by us; 1.2.4 leaves them.
        foreach (string file in files.Keys.Where(file => files[file] == "directory" || only?.Invoke(file) == false).ToList())
        {
            files.Remove(file);
        }

        return files;
    }

    private static string Difference(string mine, string other)
    {
        byte[] left = File.ReadAllBytes(mine);
        byte[] right = File.ReadAllBytes(other);
        int common = left.AsSpan().CommonPrefixLength(right);
        int start = Math.Max(0, common - 16);
        return $"\nfrom byte {start}: {Convert.ToHexStringLower(left.AsSpan(start, Math.Min(64, left.Length - start)))}"
            + $"\n    borg's: {Convert.ToHexStringLower(right.AsSpan(start, Math.Min(64, right.Length - start)))}";
    }
}
