using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <summary>
/// Passes everything on to a <see cref="MemoryFileSystem"/> and writes down each change and each sync, so that a
/// <see cref="DiskImage"/> can tell what a crash after any of them may leave.
/// </summary>
/// <remarks>What is there at the start counts as durable. Thread-safe.</remarks>
internal sealed class RecordingFileSystem : IFileSystem
{
    private readonly MemoryFileSystem _inner;
    private readonly Lock _gate = new();
    private readonly Node _root = new(0, []);
    private readonly List<DiskOperation> _operations = [];
    private readonly MemoryFileSystem _start;
    private int _lastNode;

    public RecordingFileSystem(MemoryFileSystem inner)
    {
        _inner = inner;
        _start = inner.Copy();
        Adopt(_root, "/");
    }

    /// <summary>Everything so far, in order.</summary>
    public IReadOnlyList<DiskOperation> Operations => _operations;

    /// <summary>The disk before the first operation.</summary>
    public DiskImage CreateImage()
    {
        DiskImage image = new();
        Node root = new(0, []);
        int last = 0;
        Describe(image, root, "/", ref last);
        return image;
    }

    public PathInfo GetInfo(string path) => _inner.GetInfo(path);

    public IReadOnlyList<DirectoryItem> List(string directory) => _inner.List(directory);

    public long? GetAvailableBytes(string path) => _inner.GetAvailableBytes(path);

    public int? GetLinkCount(string path) => _inner.GetLinkCount(path);

    public IFile Open(string path, FileOpenKind kind)
    {
        lock (_gate)
        {
            Node? known = Find(path);
            IFile file = _inner.Open(path, kind);
            if (known is null)
            {
                known = Add(path, DiskOperationKind.Create, null);
            }
            else if (kind == FileOpenKind.Overwrite)
            {
                _operations.Add(new DiskOperation(DiskOperationKind.SetLength, known.Id));
            }

            return new RecordedFile(this, file, known.Id);
        }
    }

    public bool TryCreateDirectory(string path)
    {
        lock (_gate)
        {
            if (!_inner.TryCreateDirectory(path))
            {
                return false;
            }

            Add(path, DiskOperationKind.CreateDirectory, []);
            return true;
        }
    }

    public void Replace(string source, string target)
    {
        lock (_gate)
        {
            _inner.Replace(source, target);
            Rename(source, target);
        }
    }

    public bool TryRenameDirectory(string source, string target)
    {
        lock (_gate)
        {
            if (!_inner.TryRenameDirectory(source, target))
            {
                return false;
            }

            Rename(source, target);
            return true;
        }
    }

    public void DeleteFile(string path) => Remove(path, _inner.DeleteFile);

    public void DeleteDirectory(string path) => Remove(path, _inner.DeleteDirectory);

    public void SyncDirectory(string path)
    {
        lock (_gate)
        {
            _inner.SyncDirectory(path);
            _operations.Add(new DiskOperation(DiskOperationKind.SyncDirectory, Find(path)!.Id));
        }
    }

    private void Record(Action change, DiskOperation operation)
    {
        lock (_gate)
        {
            change();
            _operations.Add(operation);
        }
    }

    private void Remove(string path, Action<string> remove)
    {
        lock (_gate)
        {
            Node? node = Find(path);
            remove(path);
            if (node is not null)
            {
                Node parent = Find(Path.GetDirectoryName(path)!)!;
                parent.Children!.Remove(Path.GetFileName(path));
                _operations.Add(new DiskOperation(DiskOperationKind.Remove, node.Id, parent.Id, Path.GetFileName(path)));
            }
        }
    }

    private void Rename(string source, string target)
    {
        Node from = Find(Path.GetDirectoryName(source)!)!;
        Node to = Find(Path.GetDirectoryName(target)!)!;
        from.Children!.Remove(Path.GetFileName(source), out Node? node);
        to.Children![Path.GetFileName(target)] = node!;
        _operations.Add(new DiskOperation(
            DiskOperationKind.Rename, node!.Id, from.Id, Path.GetFileName(source), to.Id, Path.GetFileName(target)));
    }

    private Node Add(string path, DiskOperationKind kind, Dictionary<string, Node>? children)
    {
        Node parent = Find(Path.GetDirectoryName(path)!)!;
        Node node = new(++_lastNode, children);
        parent.Children!.Add(Path.GetFileName(path), node);
        _operations.Add(new DiskOperation(kind, node.Id, parent.Id, Path.GetFileName(path)));
        return node;
    }

    private Node? Find(string path)
    {
        Node? node = _root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (node.Children is null || !node.Children.TryGetValue(name, out node))
            {
                return null;
            }
        }

        return node;
    }

    // Both walks number in the same order: the listing of the memory file system is sorted.
    private void Adopt(Node node, string path)
    {
        foreach (DirectoryItem item in _inner.List(path))
        {
            Node child = new(++_lastNode, item.Kind == PathKind.Directory ? [] : null);
            node.Children!.Add(item.Name, child);
            if (child.Children is not null)
            {
                Adopt(child, Path.Combine(path, item.Name));
            }
        }
    }

    private void Describe(DiskImage image, Node node, string path, ref int last)
    {
        foreach (DirectoryItem item in _start.List(path))
        {
            string childPath = Path.Combine(path, item.Name);
            Node child = new(++last, null);
            bool isFolder = item.Kind == PathKind.Directory;
            image.AddDurable(node.Id, item.Name, child.Id, isFolder ? null : _start.ReadAllBytes(childPath));
            if (isFolder)
            {
                Describe(image, child, childPath, ref last);
            }
        }
    }

    private sealed record Node(int Id, Dictionary<string, Node>? Children);

    private sealed class RecordedFile(RecordingFileSystem owner, IFile inner, int node) : IFile, IFaultyFile
    {
        public long Length => inner.Length;

        public int Read(Span<byte> buffer, long offset) => inner.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            byte[] copy = bytes.ToArray();
            owner.Record(
                () => inner.Write(copy, offset),
                new DiskOperation(DiskOperationKind.Write, node, Position: offset, Bytes: copy));
        }

        public void SetLength(long length) => owner.Record(
            () => inner.SetLength(length), new DiskOperation(DiskOperationKind.SetLength, node, Position: length));

        public void Sync() => owner.Record(inner.Sync, new DiskOperation(DiskOperationKind.SyncFile, node));

        public void FailSync() => owner.Record(() => { }, new DiskOperation(DiskOperationKind.FailSync, node));

        public void Dispose() => inner.Dispose();
    }
}
