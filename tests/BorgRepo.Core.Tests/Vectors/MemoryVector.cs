using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>
/// One of the repositories in tests/Vectors/repositories in a file system in memory: a fresh copy each time, without the cost
/// of a disk and its syncs.
/// </summary>
internal sealed class MemoryVector
{
    private static readonly ConcurrentDictionary<string, (string Name, byte[]? Content)[]> Archives = new();
    private static int _count;

    public MemoryVector(string name)
    {
        Name = name;
        Root = System.IO.Path.GetFullPath(string.Create(CultureInfo.InvariantCulture, $"/vector-{Interlocked.Increment(ref _count)}"));
        foreach ((string entry, byte[]? content) in Archives.GetOrAdd(name, Read))
        {
            string path = System.IO.Path.Combine(Root, entry);
            _ = content is null ? FileSystem.AddDirectory(path) : FileSystem.WriteAllBytes(path, content);
        }

        Services = ServicesOn(FileSystem);
    }

    public string Name { get; }

    public string Path => System.IO.Path.Combine(Root, "repo");

    public MemoryFileSystem FileSystem { get; } = new();

    public RepositoryServices Services { get; }

    private string Root { get; }

    public static RepositoryServices ServicesOn(IFileSystem fileSystem) => new(fileSystem, new NamedHostEnvironment(NamedHostEnvironment.FixtureHost));

    /// <summary>Relative path (with '/') to "length digest".</summary>
    public SortedDictionary<string, string> Files(string prefix = "")
    {
        SortedDictionary<string, string> result = new(StringComparer.Ordinal);
        foreach (string path in FileSystem.Files(Path))
        {
            string name = System.IO.Path.GetRelativePath(Path, path).Replace('\\', '/');
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                byte[] content = FileSystem.ReadAllBytes(path);
                result.Add(name, FileTree.DescribeContent(content.Length, StateComparison.Digest(content)));
            }
        }

        return result;
    }

    /// <summary>Writes all files below a folder on the disk, in a folder "repo".</summary>
    public void SaveTo(string folder)
    {
        foreach (string path in FileSystem.Files(Path))
        {
            string target = System.IO.Path.Combine(folder, System.IO.Path.GetRelativePath(Root, path));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.WriteAllBytes(target, FileSystem.ReadAllBytes(path));
        }

        // It may be empty.
        Directory.CreateDirectory(System.IO.Path.Combine(folder, "repo", "data"));
    }

    public string PathOf(string name) => System.IO.Path.Combine(Path, name.Replace('/', System.IO.Path.DirectorySeparatorChar));

    private static (string Name, byte[]? Content)[] Read(string name)
    {
        using FileStream archive = File.OpenRead(System.IO.Path.Combine(VectorRepository.Folder, name + ".tar.gz"));
        using GZipStream content = new(archive, CompressionMode.Decompress);
        using TarReader reader = new(content);
        List<(string, byte[]?)> entries = [];
        while (reader.GetNextEntry() is { } entry)
        {
            using MemoryStream bytes = new();
            entry.DataStream?.CopyTo(bytes);
            entries.Add((entry.Name.TrimEnd('/'), entry.EntryType == TarEntryType.Directory ? null : bytes.ToArray()));
        }

        return [.. entries];
    }
}
