using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Passes everything on to another file system and counts the bytes that were read.</summary>
internal sealed class CountingFileSystem(IFileSystem inner) : IFileSystem
{
    private long _bytesRead;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public string GetCanonicalPath(string path) => inner.GetCanonicalPath(path);

    public PathInfo GetInfo(string path) => inner.GetInfo(path);

    public IReadOnlyList<DirectoryItem> List(string directory) => inner.List(directory);

    public IFile Open(string path, FileOpenKind kind) => new CountingFile(this, inner.Open(path, kind));

    public bool TryCreateDirectory(string path) => inner.TryCreateDirectory(path);

    public void Replace(string source, string target) => inner.Replace(source, target);

    public bool TryRenameDirectory(string source, string target) => inner.TryRenameDirectory(source, target);

    public void DeleteFile(string path) => inner.DeleteFile(path);

    public void DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public void SyncDirectory(string path) => inner.SyncDirectory(path);

    public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);

    public int? GetLinkCount(string path) => inner.GetLinkCount(path);

    private sealed class CountingFile(CountingFileSystem owner, IFile inner) : IFile
    {
        public long Length => inner.Length;

        public int Read(Span<byte> buffer, long offset)
        {
            int got = inner.Read(buffer, offset);
            Interlocked.Add(ref owner._bytesRead, got);
            return got;
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset) => inner.Write(bytes, offset);

        public void SetLength(long length) => inner.SetLength(length);

        public void Sync() => inner.Sync();

        public void Dispose() => inner.Dispose();
    }
}
