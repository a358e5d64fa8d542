using System.IO.Hashing;
using System.Runtime.InteropServices;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <summary>All names and contents of a disk at one moment.</summary>
internal sealed class DiskContents
{
    /// <summary>Keeps entries, sorted by path; null content for a folder.</summary>
    public DiskContents(IEnumerable<(string Path, byte[]? Content)> entries)
    {
        Entries = [.. entries.OrderBy(entry => entry.Path, StringComparer.Ordinal)];
        XxHash128 hash = new();
        foreach ((string path, byte[]? content) in Entries)
        {
            hash.Append(MemoryMarshal.AsBytes<char>(path));
            hash.Append(BitConverter.GetBytes(content?.LongLength ?? -1));
            hash.Append(content.AsSpan());
        }

        Hash = hash.GetCurrentHashAsUInt128();
    }

    /// <summary>Path and content, sorted by path.</summary>
    public IReadOnlyList<(string Path, byte[]? Content)> Entries { get; }

    /// <summary>Equal for equal disks.</summary>
    public UInt128 Hash { get; }

    /// <summary>Takes a picture of a file system.</summary>
    public static DiskContents Of(MemoryFileSystem fileSystem)
    {
        List<(string, byte[]?)> entries = [];
        Collect(fileSystem, "/", entries);
        return new DiskContents(entries);
    }

    /// <summary>A file system with this content.</summary>
    public MemoryFileSystem ToFileSystem(TimeProvider time)
    {
        MemoryFileSystem fileSystem = new(time);
        foreach ((string path, byte[]? content) in Entries)
        {
            if (content is null)
            {
                fileSystem.AddDirectory(path);
            }
            else
            {
                fileSystem.WriteAllBytes(path, content);
            }
        }

        return fileSystem;
    }

    /// <summary>Writes it below a folder of a real disk.</summary>
    public void WriteTo(string folder)
    {
        foreach ((string path, byte[]? content) in Entries)
        {
            string target = Path.Join(folder, path);
            if (content is null)
            {
                Directory.CreateDirectory(target);
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.WriteAllBytes(target, content);
            }
        }
    }

    private static void Collect(MemoryFileSystem fileSystem, string folder, List<(string, byte[]?)> entries)
    {
        foreach (DirectoryItem item in fileSystem.List(folder))
        {
            string path = Path.Combine(folder, item.Name);
            bool isFolder = item.Kind == PathKind.Directory;
            entries.Add((path, isFolder ? null : fileSystem.ReadAllBytes(path)));
            if (isFolder)
            {
                Collect(fileSystem, path, entries);
            }
        }
    }
}
