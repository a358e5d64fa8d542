using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>Below one folder it loses a bit of the last byte of everything that is written, as bad memory or a bad cable may.</summary>
internal sealed class ForgetfulFileSystem(IFileSystem inner, string folder) : ForwardingFileSystem(inner)
{
    public override IFile Open(string path, FileOpenKind kind) =>
        path.StartsWith(folder + "/data", StringComparison.Ordinal) ? new ForgetfulFile(Inner.Open(path, kind)) : Inner.Open(path, kind);

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
