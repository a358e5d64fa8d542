using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <content>Space and handles.</content>
public sealed partial class MemoryFileSystem
{
    /// <summary>Most bytes that all files may have together.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Bytes of all files, of deleted ones that are still open too.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Most handles open at once.</summary>
    public int HandleLimit { get; set; } = int.MaxValue;

    /// <summary>Handles open now.</summary>
    public int OpenHandles { get; private set; }

    internal void Write(MemoryContent file, ReadOnlySpan<byte> bytes, long offset, string path)
    {
        // As on a disk, what fits is written before the error comes.
        long growth = Math.Max(0, offset + bytes.Length - file.Length);
        long missing = Math.Max(0, growth - Math.Max(0, Capacity - UsedBytes));
        int fitting = (int)Math.Max(0, bytes.Length - missing);
        if (fitting > 0)
        {
            UsedBytes += Math.Max(0, offset + fitting - file.Length);
            file.Write(bytes[..fitting], checked((int)offset));
            file.LastWriteUtc = Now;
        }
        if (fitting < bytes.Length)
        {
            throw new IOException($"No space left: '{path}'.", FileSystemErrors.DiskFullHResult);
        }
    }

    internal void Resize(MemoryContent file, long length)
    {
        UsedBytes += length - file.Length;
        file.SetLength(checked((int)length));
        file.LastWriteUtc = Now;
    }

    internal void Close(MemoryContent file)
    {
        OpenHandles--;
        file.OpenHandles--;
        Reclaim(file);
    }

    private void Unlink(MemoryContent file)
    {
        file.LinkCount--;
        Reclaim(file);
    }

    private void Reclaim(MemoryContent file)
    {
        if (file.LinkCount <= 0 && file.OpenHandles == 0)
        {
            UsedBytes -= file.Length;
            file.SetLength(0);
        }
    }
}
