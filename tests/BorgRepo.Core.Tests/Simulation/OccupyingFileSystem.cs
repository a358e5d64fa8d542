using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <summary>
/// A file system where a file that is open is in the way, as on Windows in its strictest form (network shares, old volumes):
/// it cannot be replaced or deleted, nor a folder with an open file below it be renamed or deleted. Names are the same in
/// either case, and the number of names of a file is not told.
/// </summary>
internal sealed class OccupyingFileSystem(MemoryFileSystem inner) : IFileSystem
{
    private const int SharingViolation = unchecked((int)0x80070020);
    private readonly List<string> _open = [];
    private readonly Lock _gate = new();

    /// <summary>What was refused, in order.</summary>
    public List<string> Refusals { get; } = [];

    /// <summary>Files that are open now.</summary>
    public IReadOnlyList<string> Occupied
    {
        get
        {
            lock (_gate)
            {
                return [.. _open];
            }
        }
    }

    public PathInfo GetInfo(string path) => inner.GetInfo(path);

    public IReadOnlyList<DirectoryItem> List(string directory) => inner.List(directory);

    public IFile Open(string path, FileOpenKind kind)
    {
        IFile file = inner.Open(path, kind);
        lock (_gate)
        {
            _open.Add(path);
        }

        return new OccupiedFile(this, file, path);
    }

    public bool TryCreateDirectory(string path) => inner.TryCreateDirectory(path);

    public void Replace(string source, string target)
    {
        RefuseIfOpen("replace by", source);
        RefuseIfOpen("replace", target);
        inner.Replace(source, target);
    }

    public bool TryRenameDirectory(string source, string target)
    {
        RefuseIfOpen("rename", source);
        return inner.TryRenameDirectory(source, target);
    }

    public void DeleteFile(string path)
    {
        RefuseIfOpen("delete", path);
        inner.DeleteFile(path);
    }

    public void DeleteDirectory(string path)
    {
        RefuseIfOpen("delete", path);
        inner.DeleteDirectory(path);
    }

    public void SyncDirectory(string path) => inner.SyncDirectory(path);

    public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);

    // Not told there, and what is only done where it is told must not be needed.
    public int? GetLinkCount(string path) => null;

    private void RefuseIfOpen(string what, string path)
    {
        lock (_gate)
        {
            if (_open.Find(open => IsAtOrBelow(open, path)) is { } open)
            {
                Refusals.Add($"{what} {path}: {open} is open");
                throw new IOException($"'{open}' is in use by another process.", SharingViolation);
            }
        }
    }

    private static bool IsAtOrBelow(string open, string path) =>
        open.Equals(path, StringComparison.OrdinalIgnoreCase)
        || open.StartsWith(path + Path.DirectorySeparatorChar, StringComparison.OrdinalIgnoreCase);

    private void Release(string path)
    {
        lock (_gate)
        {
            _open.Remove(path);
        }
    }

    private sealed class OccupiedFile(OccupyingFileSystem owner, IFile file, string path) : IFile
    {
        private bool _isClosed;

        public long Length => file.Length;

        public int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => file.Write(bytes, offset);

        public void SetLength(long length) => file.SetLength(length);

        public void Sync() => file.Sync();

        public void Dispose()
        {
            file.Dispose();
            if (!_isClosed)
            {
                _isClosed = true;
                owner.Release(path);
            }
        }
    }
}
