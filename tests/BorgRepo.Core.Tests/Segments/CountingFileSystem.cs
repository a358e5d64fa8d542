using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Passes everything on to another file system and counts the bytes that were read.</summary>
internal sealed class CountingFileSystem(IFileSystem inner) : ForwardingFileSystem(inner)
{
    private long _bytesRead;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public override IFile Open(string path, FileOpenKind kind) => new CountingFile(this, Inner.Open(path, kind));

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
