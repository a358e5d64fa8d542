namespace BorgRepo.Core.Storage;

/// <summary>An open file with positioned access.</summary>
/// <remarks>Reads may run on several threads at once; writing is for one thread.</remarks>
public interface IFile : IDisposable
{
    /// <summary>Current length in bytes.</summary>
    long Length { get; }

    /// <summary>Reads up to the length of the buffer; fewer bytes only at the end of the file.</summary>
    int Read(Span<byte> buffer, long offset);

    /// <summary>Writes all bytes at the offset.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Cuts or extends the file.</summary>
    void SetLength(long length);

    /// <summary>
    /// Says that these bytes, which are complete, will be made durable soon: the system may begin to write them out. Only a
    /// hint; it promises nothing and reports nothing, <see cref="Sync"/> does both.
    /// </summary>
    void WriteBehind(long offset, long count)
    {
    }

    /// <summary>Makes the content durable. A failure must never be retried: the content counts as lost.</summary>
    void Sync();
}
