using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Passes everything on to another file system and counts the bytes that were read.</summary>
internal sealed class CountingFileSystem(IFileSystem inner) : ForwardingFileSystem(inner)
{
    private long _bytesRead;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public override IFile Open(string path, FileOpenKind kind) => new CountingFile(this, Inner.Open(path, kind));

    private sealed class CountingFile(CountingFileSystem owner, IFile inner) : ForwardingFile(inner)
    {
        public override int Read(Span<byte> buffer, long offset)
        {
            int got = Inner.Read(buffer, offset);
            Interlocked.Add(ref owner._bytesRead, got);
            return got;
        }
    }
}
