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
public sealed partial class MemoryFileSystem(TimeProvider? time = null) : IFileSystem
{
    private const int ReadOnlyHResult = 30;
    private const int NotEmptyHResult = 39;
    private const int IsDirectoryHResult = 21;

    private readonly TimeProvider _time = time ?? new SimulatedTime();
    private MemoryTree _tree = new();

    /// <summary>Every change is refused as on a read-only medium.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>True: a folder may be renamed to the name of an empty one (Unix). False: never to an existing one (Windows).</summary>
    public bool TakesOverEmptyDirectories { get; set; } = true;

    internal Lock Gate { get; } = new();

    public PathInfo GetInfo(string path)
    {
        lock (Gate)
        {
            return _tree.Find(path) switch
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
            return [.. _tree.GetDirectory(directory).Children.Select(c => new DirectoryItem(c.Key, c.Value is MemoryDirectory ? PathKind.Directory : PathKind.File))];
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
            MemoryNode? node = _tree.Find(path);
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
                (MemoryDirectory parent, string name) = _tree.GetParent(path);
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
            if (_tree.Find(path) is not null)
            {
                return false;
            }
            (MemoryDirectory parent, string name) = _tree.GetParent(path);
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
            MemoryContent file = _tree.GetContent(source);
            (MemoryDirectory parent, string name) = _tree.GetParent(target);
            RefuseIfReadOnly(target);
            switch (_tree.Find(target))
            {
                case MemoryDirectory:
                    throw new IOException($"Is a folder: '{target}'.", IsDirectoryHResult);
                case MemoryContent old when old != file:
                    Unlink(old);
                    break;
                default:
                    break;
            }
            (MemoryDirectory oldParent, string oldName) = _tree.GetParent(source);
            oldParent.Children.Remove(oldName);
            parent.Children[name] = file;
            oldParent.LastWriteUtc = parent.LastWriteUtc = Now;
        }
    }

    public bool TryRenameDirectory(string source, string target)
    {
        lock (Gate)
        {
            MemoryDirectory moved = _tree.GetDirectory(source);
            (MemoryDirectory parent, string name) = _tree.GetParent(target);
            RefuseIfReadOnly(target);
            if (_tree.Find(target) is { } existing && !(TakesOverEmptyDirectories && existing is MemoryDirectory { Children.Count: 0 }))
            {
                return false;
            }
            (MemoryDirectory oldParent, string oldName) = _tree.GetParent(source);
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
            MemoryNode? node = _tree.Find(path);
            if (node is null)
            {
                return;
            }
            RefuseIfReadOnly(path);
            (MemoryDirectory parent, string name) = _tree.GetParent(path);
            Unlink(node as MemoryContent ?? throw new UnauthorizedAccessException($"Is a folder: '{path}'."));
            parent.Children.Remove(name);
            parent.LastWriteUtc = Now;
        }
    }

    public void DeleteDirectory(string path)
    {
        lock (Gate)
        {
            MemoryNode? node = _tree.Find(path);
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
            (MemoryDirectory parent, string name) = _tree.GetParent(path);
            parent.Children.Remove(name);
            parent.LastWriteUtc = Now;
        }
    }

    public void SyncDirectory(string path)
    {
        lock (Gate)
        {
            _tree.GetDirectory(path);
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
            return (_tree.Find(path) as MemoryContent)?.LinkCount;
        }
    }

    internal DateTime Now => _time.GetUtcNow().UtcDateTime;

    private void RefuseIfReadOnly(string path)
    {
        if (IsReadOnly)
        {
            throw new IOException($"Read-only file system: '{path}'.", ReadOnlyHResult);
        }
    }
}
