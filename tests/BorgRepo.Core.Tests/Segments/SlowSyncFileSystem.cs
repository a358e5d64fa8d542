using System.Collections.Concurrent;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Syncs of files take a while, several go on at once, and one may fail. Keeps what happened, in order.</summary>
internal sealed class SlowSyncFileSystem(IFileSystem inner) : IFileSystem
{
    private readonly Lock _gate = new();
    private int _running;

    public ConcurrentQueue<string> Events { get; } = [];

    public int MostAtOnce { get; private set; }

    /// <summary>Name of the file whose sync fails.</summary>
    public string? Failing { get; set; }

    public bool SyncsInParallel => true;

    public string GetCanonicalPath(string path) => inner.GetCanonicalPath(path);

    public PathInfo GetInfo(string path) => inner.GetInfo(path);

    public IReadOnlyList<DirectoryItem> List(string directory) => inner.List(directory);

    public IFile Open(string path, FileOpenKind kind)
    {
        if (kind == FileOpenKind.CreateNew)
        {
            Events.Enqueue($"create {Path.GetFileName(path)}");
        }

        return new SlowFile(this, inner.Open(path, kind), Path.GetFileName(path));
    }

    public bool TryCreateDirectory(string path) => inner.TryCreateDirectory(path);

    public void Replace(string source, string target) => inner.Replace(source, target);

    public bool TryRenameDirectory(string source, string target) => inner.TryRenameDirectory(source, target);

    public void DeleteFile(string path)
    {
        Events.Enqueue($"delete {Path.GetFileName(path)}");
        inner.DeleteFile(path);
    }

    public void DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public void SyncDirectory(string path) => inner.SyncDirectory(path);

    public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);

    public int? GetLinkCount(string path) => inner.GetLinkCount(path);

    private void Sync(string name, IFile file)
    {
        lock (_gate)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_running);
        }

        Thread.Sleep(20);
        lock (_gate)
        {
            _running--;
        }

        Events.Enqueue($"synced {name}");
        if (name == Failing)
        {
            throw new IOException($"The sync of {name} failed.");
        }

        file.Sync();
    }

    private sealed class SlowFile(SlowSyncFileSystem owner, IFile inner, string name) : IFile
    {
        public long Length => inner.Length;

        public int Read(Span<byte> buffer, long offset) => inner.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => inner.Write(bytes, offset);

        public void SetLength(long length) => inner.SetLength(length);

        public void Sync() => owner.Sync(name, inner);

        public void Dispose()
        {
            owner.Events.Enqueue($"closed {name}");
            inner.Dispose();
        }
    }
}
