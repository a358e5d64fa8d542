using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Index;

/// <summary>A file system that notes every change and can refuse one of them and all after it.</summary>
internal sealed class WatchedFileSystem(MemoryFileSystem inner) : IFileSystem
{
    /// <summary>The changes, each as a verb and names without folder.</summary>
    public List<string> Changes { get; } = [];

    /// <summary>Number of changes that go through.</summary>
    public int Budget { get; set; } = int.MaxValue;

    /// <summary>True: removals go through even then, as on a full disk.</summary>
    public bool RemovalsAlwaysWork { get; set; }

    public PathInfo GetInfo(string path) => inner.GetInfo(path);

    public IReadOnlyList<DirectoryItem> List(string directory) => inner.List(directory);

    public IFile Open(string path, FileOpenKind kind)
    {
        if (kind == FileOpenKind.Read)
        {
            return inner.Open(path, kind);
        }

        Note($"open {Name(path)}");
        return new WatchedFile(this, inner.Open(path, kind), Name(path));
    }

    public bool TryCreateDirectory(string path) => inner.TryCreateDirectory(path);

    public void Replace(string source, string target)
    {
        Note($"rename {Name(source)} {Name(target)}");
        inner.Replace(source, target);
    }

    public bool TryRenameDirectory(string source, string target) => inner.TryRenameDirectory(source, target);

    public void DeleteFile(string path)
    {
        if (inner.GetInfo(path).Kind != PathKind.Missing)
        {
            Note($"remove {Name(path)}", RemovalsAlwaysWork);
        }

        inner.DeleteFile(path);
    }

    public void DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public void SyncDirectory(string path)
    {
        Note("sync folder");
        inner.SyncDirectory(path);
    }

    public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);

    public int? GetLinkCount(string path) => inner.GetLinkCount(path);

    private static string Name(string path) => Path.GetFileName(path);

    private void Note(string change, bool alwaysWorks = false)
    {
        if (Changes.Count >= Budget && !alwaysWorks)
        {
            throw new IOException($"Refused: {change}");
        }

        Changes.Add(change);
    }

    private sealed class WatchedFile(WatchedFileSystem owner, IFile file, string name) : IFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            owner.Note($"write {name}");
            file.Write(bytes, offset);
        }

        public void SetLength(long length) => file.SetLength(length);

        public void Sync()
        {
            owner.Note($"sync {name}");
            file.Sync();
        }

        public void Dispose() => file.Dispose();
    }
}
