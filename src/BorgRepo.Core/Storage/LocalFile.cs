using BorgRepo.Core.Storage.Platform;
using Microsoft.Win32.SafeHandles;

namespace BorgRepo.Core.Storage;

/// <summary>An open file of the operating system.</summary>
/// <remarks>No cache advice is ever given: what was read once is likely to be read again, and other readers of the same pages would lose them.</remarks>
internal sealed class LocalFile(SafeFileHandle handle, string path, IDisposable owner) : IFile
{
    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(handle);

    /// <inheritdoc/>
    public int Read(Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            int count = RandomAccess.Read(handle, buffer[done..], offset + done);
            if (count == 0)
            {
                break;
            }
            done += count;
        }
        return done;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(handle, bytes, offset);

    /// <inheritdoc/>
    public void SetLength(long length) => RandomAccess.SetLength(handle, length);

    /// <inheritdoc/>
    public void WriteBehind(long offset, long count)
    {
        if (OperatingSystem.IsLinux())
        {
            UnixNative.BeginWriteOut(handle, offset, count);
        }
    }

    /// <inheritdoc/>
    public void Sync()
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(handle);
        }
        else
        {
            // Not FlushToDisk: it hides some errors, and it syncs more than the content.
            UnixNative.SyncFile(handle, path);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => owner.Dispose();
}
