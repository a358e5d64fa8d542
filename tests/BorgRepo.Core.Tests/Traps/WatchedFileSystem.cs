using System.Globalization;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>
/// Stands before another file system, writes down every operation that changes something, and can let one of them fail.
/// Names are relative to the repository, segments by their file name.
/// </summary>
internal sealed class WatchedFileSystem(IFileSystem inner, string root) : IFileSystem
{
    /// <summary>What was done, in order: "create 0/2", "write 0/2", "sync 0/2", "sync-folder 0", "replace a b", "delete x" ...</summary>
    public List<string> Operations { get; } = [];

    /// <summary>Called before each operation with its number (from 1) and text; may throw, which is then the operation's failure.</summary>
    public Action<int, string>? Before { get; set; }

    public string GetCanonicalPath(string path) => inner.GetCanonicalPath(path);

    public PathInfo GetInfo(string path) => inner.GetInfo(path);

    public IReadOnlyList<DirectoryItem> List(string directory) => inner.List(directory);

    public IFile Open(string path, FileOpenKind kind)
    {
        if (kind == FileOpenKind.Read)
        {
            return inner.Open(path, kind);
        }

        Note($"{(kind == FileOpenKind.Update ? "open" : "create")} {Name(path)}");
        return new WatchedFile(this, inner.Open(path, kind), Name(path));
    }

    public bool TryCreateDirectory(string path)
    {
        Note($"make-folder {Name(path)}");
        return inner.TryCreateDirectory(path);
    }

    public void Replace(string source, string target)
    {
        Note($"replace {Name(source)} {Name(target)}");
        inner.Replace(source, target);
    }

    public bool TryRenameDirectory(string source, string target)
    {
        Note($"rename-folder {Name(source)} {Name(target)}");
        return inner.TryRenameDirectory(source, target);
    }

    public void DeleteFile(string path)
    {
        Note($"delete {Name(path)}");
        inner.DeleteFile(path);
    }

    public void DeleteDirectory(string path)
    {
        Note($"delete-folder {Name(path)}");
        inner.DeleteDirectory(path);
    }

    public void SyncDirectory(string path)
    {
        Note($"sync-folder {Name(path)}");
        inner.SyncDirectory(path);
    }

    public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);

    public int? GetLinkCount(string path) => inner.GetLinkCount(path);

    private void Note(string operation)
    {
        Operations.Add(operation);
        Before?.Invoke(Operations.Count, operation);
    }

    private string Name(string path) => Path.GetRelativePath(root, path).Replace('\\', '/').Replace("data/", string.Empty, StringComparison.Ordinal);

    private sealed class WatchedFile(WatchedFileSystem owner, IFile inner, string name) : IFile
    {
        public long Length => inner.Length;

        public int Read(Span<byte> buffer, long offset) => inner.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            owner.Note($"write {name}");
            inner.Write(bytes, offset);
        }

        public void SetLength(long length)
        {
            owner.Note(string.Create(CultureInfo.InvariantCulture, $"set-length {name} {length}"));
            inner.SetLength(length);
        }

        public void Sync()
        {
            owner.Note($"sync {name}");
            inner.Sync();
        }

        public void Dispose() => inner.Dispose();
    }
}
