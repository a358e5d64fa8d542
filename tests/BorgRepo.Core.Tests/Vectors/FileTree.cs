using System.Globalization;
using System.Security.Cryptography;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>What lies in a folder, as text that can be compared: one line per file with length and digest, one per directory.</summary>
internal static class FileTree
{
    /// <summary>Relative path (with '/') to "length digest", or "directory".</summary>
    public static SortedDictionary<string, string> Describe(string folder)
    {
        SortedDictionary<string, string> result = new(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(folder, path).Replace('\\', '/');
            result[name] = Directory.Exists(path) ? "directory" : DescribeFile(path);
        }

        return result;
    }

    public static string DescribeFile(string path)
    {
        byte[] content = File.ReadAllBytes(path);
        return DescribeContent(content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    public static string DescribeContent(long length, string digest) =>
        string.Create(CultureInfo.InvariantCulture, $"{length} {digest}");

    /// <summary>Names and digests of the segment files only.</summary>
    public static SortedDictionary<string, string> DescribeSegments(string repository)
    {
        SortedDictionary<string, string> result = new(StringComparer.Ordinal);
        foreach ((string name, string content) in Describe(Path.Combine(repository, "data")))
        {
            if (content != "directory")
            {
                result[name] = content;
            }
        }

        return result;
    }

    /// <summary>The state a killed process would leave: a copy of all files as the operating system has them now.</summary>
    public static void Copy(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (string directory in Directory.EnumerateDirectories(source, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(source, directory)));
        }

        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(target, Path.GetRelativePath(source, file)));
        }
    }
}
