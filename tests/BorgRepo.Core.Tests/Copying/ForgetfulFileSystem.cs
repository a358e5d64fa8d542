using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>Below one folder it loses a bit of the last byte of everything that is written, as bad memory or a bad cable may.</summary>
internal sealed class ForgetfulFileSystem(IFileSystem inner, string folder) : IFileSystem
{
    public PathInfo GetInfo(string path) => inner.GetInfo(path);

    public IReadOnlyList<DirectoryItem> List(string directory) => inner.List(directory);

    public IFile Open(string path, FileOpenKind kind) =>
        path.StartsWith(folder + "/data", StringComparison.Ordinal) ? new ForgetfulFile(inner.Open(path, kind)) : inner.Open(path, kind);

    public bool TryCreateDirectory(string path) => inner.TryCreateDirectory(path);

    public void Replace(string source, string target) => inner.Replace(source, target);

    public bool TryRenameDirectory(string source, string target) => inner.TryRenameDirectory(source, target);

    public void DeleteFile(string path) => inner.DeleteFile(path);

    public void DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public void SyncDirectory(string path) => inner.SyncDirectory(path);

    public long? GetAvailableBytes(string path) => inner.GetAvailableBytes(path);

    public int? GetLinkCount(string path) => inner.GetLinkCount(path);

    private sealed class ForgetfulFile(IFile inner) : IFile
    {
        public long Length => inner.Length;

        public int Read(Span<byte> buffer, long offset) => inner.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            byte[] changed = bytes.ToArray();
            changed[^1] ^= 1;
            inner.Write(changed, offset);
        }

        public void SetLength(long length) => inner.SetLength(length);

        public void Sync() => inner.Sync();

        public void Dispose() => inner.Dispose();
    }
}
