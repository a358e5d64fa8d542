namespace BorgRepo.Core.Tests.Simulation;

/// <summary>Names of a <see cref="MemoryFileSystem"/> and what they stand for. Not thread-safe by itself.</summary>
internal sealed class MemoryTree
{
    private readonly MemoryDirectory _root;

    public MemoryTree()
        : this(new MemoryDirectory())
    {
    }

    private MemoryTree(MemoryDirectory root) => _root = root;

    public MemoryTree Copy() => new((MemoryDirectory)_root.Copy());

    public MemoryNode? Find(string path)
    {
        MemoryNode? node = _root;
        foreach (string name in Split(path))
        {
            if (node is not MemoryDirectory directory || !directory.Children.TryGetValue(name, out node))
            {
                return null;
            }
        }
        return node;
    }

    public MemoryDirectory GetDirectory(string path) =>
        Find(path) as MemoryDirectory ?? throw new DirectoryNotFoundException($"Not there: '{path}'.");

    public MemoryContent GetContent(string path) =>
        Find(path) as MemoryContent ?? throw new FileNotFoundException($"Not there: '{path}'.", path);

    public (MemoryDirectory Parent, string Name) GetParent(string path) =>
        (GetDirectory(Path.GetDirectoryName(path) ?? throw new IOException("The root has no parent.")), Path.GetFileName(path));

    public void AddDirectory(string path, DateTime now)
    {
        MemoryDirectory directory = _root;
        foreach (string name in Split(path))
        {
            if (!directory.Children.TryGetValue(name, out MemoryNode? child))
            {
                child = new MemoryDirectory { LastWriteUtc = now };
                directory.Children.Add(name, child);
            }
            directory = child as MemoryDirectory ?? throw new IOException($"Not a folder: '{path}'.");
        }
    }

    public IReadOnlyList<string> Files(string directory)
    {
        List<string> found = [];
        Collect(GetDirectory(directory), directory.TrimEnd('/'), found);
        return found;
    }

    private static string[] Split(string path) => Path.IsPathRooted(path)
        ? path[Path.GetPathRoot(path)!.Length..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries)
        : throw new ArgumentException($"Not an absolute path: '{path}'.", nameof(path));

    private static void Collect(MemoryDirectory directory, string path, List<string> found)
    {
        foreach ((string name, MemoryNode child) in directory.Children)
        {
            string childPath = $"{path}/{name}";
            if (child is MemoryDirectory below)
            {
                Collect(below, childPath, found);
            }
            else
            {
                found.Add(childPath);
            }
        }
    }
}
