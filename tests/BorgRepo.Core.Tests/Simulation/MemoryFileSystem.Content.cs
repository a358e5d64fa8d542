using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <content>What tests put in and look at.</content>
public sealed partial class MemoryFileSystem
{
    /// <summary>The same names and contents, with no handle open.</summary>
    public MemoryFileSystem Copy()
    {
        lock (Gate)
        {
            MemoryFileSystem copy = new(_time)
            {
                Capacity = Capacity,
                TakesOverEmptyDirectories = TakesOverEmptyDirectories,
                _tree = _tree.Copy(),
            };
            copy.UsedBytes = copy.Files("/").Sum(path => copy.ReadAllBytes(path).LongLength);
            return copy;
        }
    }

    /// <summary>Makes a folder and those above it.</summary>
    public MemoryFileSystem AddDirectory(string path)
    {
        lock (Gate)
        {
            _tree.AddDirectory(path, Now);
            return this;
        }
    }

    /// <summary>Makes or replaces a file and the folders above it.</summary>
    public MemoryFileSystem WriteAllBytes(string path, ReadOnlySpan<byte> content)
    {
        lock (Gate)
        {
            AddDirectory(Path.GetDirectoryName(path)!);
            using IFile file = Open(path, FileOpenKind.Overwrite);
            file.Write(content, 0);
            return this;
        }
    }

    /// <summary>The content of a file.</summary>
    public byte[] ReadAllBytes(string path)
    {
        lock (Gate)
        {
            return _tree.GetContent(path).Bytes.ToArray();
        }
    }

    /// <summary>Full paths of all files below a folder, sorted.</summary>
    public IReadOnlyList<string> Files(string directory)
    {
        lock (Gate)
        {
            return _tree.Files(directory);
        }
    }

    /// <summary>Pretends that a file has more names.</summary>
    public void SetLinkCount(string path, int count)
    {
        lock (Gate)
        {
            _tree.GetContent(path).LinkCount = count;
        }
    }
}
