using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <summary>An open file of a <see cref="MemoryFileSystem"/>.</summary>
internal sealed class MemoryFile(MemoryFileSystem fileSystem, MemoryContent content, string path, bool canRead, bool canWrite) : IFile
{
    private bool _isClosed;

    public long Length
    {
        get
        {
            lock (fileSystem.Gate)
            {
                Require(true);
                return content.Length;
            }
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        lock (fileSystem.Gate)
        {
            Require(canRead);
            if (offset >= content.Length)
            {
                return 0;
            }
            ReadOnlySpan<byte> rest = content.Bytes[(int)offset..];
            int count = Math.Min(rest.Length, buffer.Length);
            rest[..count].CopyTo(buffer);
            return count;
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        lock (fileSystem.Gate)
        {
            Require(canWrite);
            fileSystem.Write(content, bytes, offset, path);
        }
    }

    public void SetLength(long length)
    {
        lock (fileSystem.Gate)
        {
            Require(canWrite);
            fileSystem.Resize(content, length);
        }
    }

    public void Sync()
    {
        lock (fileSystem.Gate)
        {
            Require(true);
        }
    }

    public void Dispose()
    {
        lock (fileSystem.Gate)
        {
            if (!_isClosed)
            {
                _isClosed = true;
                fileSystem.Close(content);
            }
        }
    }

    private void Require(bool permission)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (!permission)
        {
            throw new UnauthorizedAccessException($"Not opened for this: '{path}'.");
        }
    }
}
