using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <summary>
/// A file system in memory that behaves as a local one on Unix: creation and renames are atomic, handles survive
/// deletion and replacement of their file, writing may fill it up.
/// </summary>
/// <remarks>
/// Thread-safe, every operation is one step. Nothing is buffered: syncing does nothing but check that the target is
/// there. What a crash loses is decided by a recorder around it, which may start from a <see cref="Copy"/>.
/// </remarks>
public sealed class MemoryFileSystem(TimeProvider? time = null) : IFileSystem
{
    private const int ReadOnlyHResult = 30;
    private const int NotEmptyHResult = 39;
    private const int IsDirectoryHResult = 21;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private MemoryDirectory _root = new();

    /// <summary>Most bytes that all files may have together.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Every change is refused as on a read-only medium.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>True: a folder may be renamed to the name of an empty one (Unix). False: never to an existing one (Windows).</summary>
    public bool TakesOverEmptyDirectories { get; set; } = true;

    /// <summary>Most handles open at once.</summary>
    public int HandleLimit { get; set; } = int.MaxValue;

    /// <summary>Handles open now.</summary>
    public int OpenHandles { get; private set; }

    /// <summary>Bytes of all files, of deleted ones that are still open too.</summary>
    public long UsedBytes { get; private set; }

    internal Lock Gate { get; } = new();

    /// <summary>The same names and contents, with no handle open.</summary>
    public MemoryFileSystem Copy()
    {
        lock (Gate)
        {
            MemoryFileSystem copy = new(_time)
            {
                Capacity = Capacity,
                TakesOverEmptyDirectories = TakesOverEmptyDirectories,
                _root = (MemoryDirectory)_root.Copy(),
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
            MemoryDirectory directory = _root;
            foreach (string name in Split(path))
            {
                if (!directory.Children.TryGetValue(name, out MemoryNode? child))
                {
                    child = new MemoryDirectory { LastWriteUtc = Now };
                    directory.Children.Add(name, child);
                }
                directory = child as MemoryDirectory ?? throw new IOException($"Not a folder: '{path}'.");
            }
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
            return GetContent(path).Bytes.ToArray();
        }
    }

    /// <summary>Full paths of all files below a folder, sorted.</summary>
    public IReadOnlyList<string> Files(string directory)
    {
        lock (Gate)
        {
            List<string> found = [];
            Collect(GetDirectory(directory), directory.TrimEnd('/'), found);
            return found;
        }
    }

    /// <summary>Pretends that a file has more names.</summary>
    public void SetLinkCount(string path, int count)
    {
        lock (Gate)
        {
            GetContent(path).LinkCount = count;
        }
    }

    public PathInfo GetInfo(string path)
    {
        lock (Gate)
        {
            return Find(path) switch
            {
                MemoryContent file => new PathInfo(PathKind.File, file.Length, file.LastWriteUtc),
                MemoryDirectory directory => new PathInfo(PathKind.Directory, 0, directory.LastWriteUtc),
                _ => default,
            };
        }
    }

    public IReadOnlyList<DirectoryItem> List(string directory)
    {
        lock (Gate)
        {
            return [.. GetDirectory(directory).Children.Select(c => new DirectoryItem(c.Key, c.Value is MemoryDirectory ? PathKind.Directory : PathKind.File))];
        }
    }

    public IFile Open(string path, FileOpenKind kind)
    {
        lock (Gate)
        {
            if (OpenHandles >= HandleLimit)
            {
                throw new IOException($"Too many open files: '{path}'.", FileSystemErrors.TooManyOpenFilesHResult);
            }
            MemoryNode? node = Find(path);
            if (node is MemoryDirectory)
            {
                throw new UnauthorizedAccessException($"Is a folder: '{path}'.");
            }
            if (kind != FileOpenKind.Read)
            {
                RefuseIfReadOnly(path);
            }
            if (kind == FileOpenKind.CreateNew && node is not null)
            {
                throw new IOException($"Exists already: '{path}'.", FileSystemErrors.AlreadyExistsHResult);
            }
            MemoryContent? file = (MemoryContent?)node;
            if (file is null)
            {
                (MemoryDirectory parent, string name) = GetParent(path);
                file = kind != FileOpenKind.Read ? new MemoryContent { LastWriteUtc = Now } : throw new FileNotFoundException($"Not there: '{path}'.", path);
                parent.Children.Add(name, file);
                parent.LastWriteUtc = Now;
            }
            else if (kind == FileOpenKind.Overwrite)
            {
                Resize(file, 0);
            }
            file.OpenHandles++;
            OpenHandles++;
            return new MemoryFile(this, file, path, canRead: kind is FileOpenKind.Read or FileOpenKind.Update, canWrite: kind != FileOpenKind.Read);
        }
    }

    public bool TryCreateDirectory(string path)
    {
        lock (Gate)
        {
            if (Find(path) is not null)
            {
                return false;
            }
            (MemoryDirectory parent, string name) = GetParent(path);
            RefuseIfReadOnly(path);
            parent.Children.Add(name, new MemoryDirectory { LastWriteUtc = Now });
            parent.LastWriteUtc = Now;
            return true;
        }
    }

    public void Replace(string source, string target)
    {
        lock (Gate)
        {
            MemoryContent file = GetContent(source);
            (MemoryDirectory parent, string name) = GetParent(target);
            RefuseIfReadOnly(target);
            switch (Find(target))
            {
                case MemoryDirectory:
                    throw new IOException($"Is a folder: '{target}'.", IsDirectoryHResult);
                case MemoryContent old when old != file:
                    Unlink(old);
                    break;
                default:
                    break;
            }
            (MemoryDirectory oldParent, string oldName) = GetParent(source);
            oldParent.Children.Remove(oldName);
            parent.Children[name] = file;
            oldParent.LastWriteUtc = parent.LastWriteUtc = Now;
        }
    }

    public bool TryRenameDirectory(string source, string target)
    {
        lock (Gate)
        {
            MemoryDirectory moved = GetDirectory(source);
            (MemoryDirectory parent, string name) = GetParent(target);
            RefuseIfReadOnly(target);
            if (Find(target) is { } existing && !(TakesOverEmptyDirectories && existing is MemoryDirectory { Children.Count: 0 }))
            {
                return false;
            }
            (MemoryDirectory oldParent, string oldName) = GetParent(source);
            oldParent.Children.Remove(oldName);
            parent.Children[name] = moved;
            oldParent.LastWriteUtc = parent.LastWriteUtc = Now;
            return true;
        }
    }

    public void DeleteFile(string path)
    {
        lock (Gate)
        {
            MemoryNode? node = Find(path);
            if (node is null)
            {
                return;
            }
            RefuseIfReadOnly(path);
            (MemoryDirectory parent, string name) = GetParent(path);
            Unlink(node as MemoryContent ?? throw new UnauthorizedAccessException($"Is a folder: '{path}'."));
            parent.Children.Remove(name);
            parent.LastWriteUtc = Now;
        }
    }

    public void DeleteDirectory(string path)
    {
        lock (Gate)
        {
            MemoryNode? node = Find(path);
            if (node is null)
            {
                return;
            }
            RefuseIfReadOnly(path);
            MemoryDirectory directory = node as MemoryDirectory ?? throw new IOException($"Not a folder: '{path}'.");
            if (directory.Children.Count > 0)
            {
                throw new IOException($"Not empty: '{path}'.", NotEmptyHResult);
            }
            (MemoryDirectory parent, string name) = GetParent(path);
            parent.Children.Remove(name);
            parent.LastWriteUtc = Now;
        }
    }

    public void SyncDirectory(string path)
    {
        lock (Gate)
        {
            GetDirectory(path);
        }
    }

    public long? GetAvailableBytes(string path)
    {
        lock (Gate)
        {
            return Math.Max(0, Capacity - UsedBytes);
        }
    }

    public int? GetLinkCount(string path)
    {
        lock (Gate)
        {
            return (Find(path) as MemoryContent)?.LinkCount;
        }
    }

    internal DateTime Now => _time.GetUtcNow().UtcDateTime;

    internal void Write(MemoryContent file, ReadOnlySpan<byte> bytes, long offset, string path)
    {
        // As on a disk, what fits is written before the error comes.
        long growth = Math.Max(0, offset + bytes.Length - file.Length);
        long missing = Math.Max(0, growth - Math.Max(0, Capacity - UsedBytes));
        int fitting = (int)Math.Max(0, bytes.Length - missing);
        if (fitting > 0)
        {
            UsedBytes += Math.Max(0, offset + fitting - file.Length);
            file.Write(bytes[..fitting], checked((int)offset));
            file.LastWriteUtc = Now;
        }
        if (fitting < bytes.Length)
        {
            throw new IOException($"No space left: '{path}'.", FileSystemErrors.DiskFullHResult);
        }
    }

    internal void Resize(MemoryContent file, long length)
    {
        UsedBytes += length - file.Length;
        file.SetLength(checked((int)length));
        file.LastWriteUtc = Now;
    }

    internal void Close(MemoryContent file)
    {
        OpenHandles--;
        file.OpenHandles--;
        Reclaim(file);
    }

    private void Unlink(MemoryContent file)
    {
        file.LinkCount--;
        Reclaim(file);
    }

    private void Reclaim(MemoryContent file)
    {
        if (file.LinkCount <= 0 && file.OpenHandles == 0)
        {
            UsedBytes -= file.Length;
            file.SetLength(0);
        }
    }

    private void RefuseIfReadOnly(string path)
    {
        if (IsReadOnly)
        {
            throw new IOException($"Read-only file system: '{path}'.", ReadOnlyHResult);
        }
    }

    private MemoryNode? Find(string path)
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

    private MemoryDirectory GetDirectory(string path) =>
        Find(path) as MemoryDirectory ?? throw new DirectoryNotFoundException($"Not there: '{path}'.");

    private MemoryContent GetContent(string path) =>
        Find(path) as MemoryContent ?? throw new FileNotFoundException($"Not there: '{path}'.", path);

    private (MemoryDirectory Parent, string Name) GetParent(string path) =>
        (GetDirectory(Path.GetDirectoryName(path) ?? throw new IOException("The root has no parent.")), Path.GetFileName(path));

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
