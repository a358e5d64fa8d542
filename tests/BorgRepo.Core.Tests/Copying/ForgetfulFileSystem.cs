using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>Below one folder it loses a bit of the last byte of everything that is written, as bad memory or a bad cable may.</summary>
internal sealed class ForgetfulFileSystem(IFileSystem inner, string folder) : ForwardingFileSystem(inner)
{
    public override IFile Open(string path, FileOpenKind kind) =>
        path.StartsWith(folder + "/data", StringComparison.Ordinal) ? new ForgetfulFile(Inner.Open(path, kind)) : Inner.Open(path, kind);

    private sealed class ForgetfulFile(IFile inner) : ForwardingFile(inner)
    {
        public override void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            byte[] changed = bytes.ToArray();
            changed[^1] ^= 1;
            Inner.Write(changed, offset);
        }
    }
}
