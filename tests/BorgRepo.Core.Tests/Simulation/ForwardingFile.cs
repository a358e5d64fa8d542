using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <summary>Passes every call on. Whoever simulates or counts something changes the calls that matter.</summary>
internal abstract class ForwardingFile(IFile inner) : IFile
{
    protected IFile Inner { get; } = inner;

    public long Length => Inner.Length;

    public virtual int Read(Span<byte> buffer, long offset) => Inner.Read(buffer, offset);

    public virtual void Write(ReadOnlySpan<byte> bytes, long offset) => Inner.Write(bytes, offset);

    public void SetLength(long length) => Inner.SetLength(length);

    public virtual void WriteBehind(long offset, long count) => Inner.WriteBehind(offset, count);

    public virtual void Sync() => Inner.Sync();

    public virtual void Dispose() => Inner.Dispose();
}
