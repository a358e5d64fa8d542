using System.Diagnostics;
using BorgRepo.Benchmarks.Workloads;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using Microsoft.Win32.SafeHandles;

namespace BorgRepo.Benchmarks.Measuring;

/// <summary>
/// What the machine gives at this moment to a program that does nothing but the inevitable. A phase's rate over this one is
/// its efficiency: whatever slows the machine down slows both down.
/// </summary>
internal static class LimitLoop
{
    private const int BlockSize = 1 << 20;
    private const long MostBytes = 1 << 30;

    /// <summary>MB/s of reading the segments in blocks of 1 MiB to aligned memory and summing them by CRC-32.</summary>
    public static double ReadAndSum(string path, int threads)
    {
        (string File, long Offset)[] blocks =
        [
            .. RepositoryFolder.Segments(path)
                .SelectMany(file => Blocks(new FileInfo(file).Length).Select(offset => (file, offset)))
                .Take((int)(MostBytes / BlockSize)),
        ];
        Sum(blocks.Take(1));
        long start = Stopwatch.GetTimestamp();
        Task<long>[] tasks =
        [
            .. Enumerable.Range(0, threads).Select(n => Task.Factory.StartNew(
                () => Sum(blocks[(blocks.Length * n / threads)..(blocks.Length * (n + 1) / threads)]),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)),
        ];
        Task.WaitAll(tasks);
        return tasks.Sum(task => task.Result) / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>MB/s of writing a file in blocks of 1 MiB and making it durable once.</summary>
    public static double WriteAndSync(string folder, long bytes)
    {
        string path = Path.Combine(folder, "limit.tmp");
        bytes = Math.Clamp(bytes, BlockSize, MostBytes) / BlockSize * BlockSize;
        ReadOnlySpan<byte> pool = DataPool.Bytes;
        try
        {
            long start = Stopwatch.GetTimestamp();
            using (IFile file = LocalFileSystem.Instance.Open(path, FileOpenKind.Overwrite))
            {
                for (long at = 0; at < bytes; at += BlockSize)
                {
                    file.Write(pool.Slice((int)(at % DataPool.Length), BlockSize), at);
                }

                file.Sync();
            }

            return bytes / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IEnumerable<long> Blocks(long length)
    {
        for (long offset = 0; offset < length; offset += BlockSize)
        {
            yield return offset;
        }
    }

    private static long Sum(IEnumerable<(string File, long Offset)> blocks)
    {
        using AlignedBuffer block = new(BlockSize);
        long bytes = 0;
        string? open = null;
        SafeFileHandle? handle = null;
        foreach ((string file, long offset) in blocks)
        {
            if (file != open)
            {
                handle?.Dispose();
                handle = File.OpenHandle(file);
                open = file;
            }

            int got = RandomAccess.Read(handle!, block.Span, offset);
            _ = Checksum.Of(block.Span[..got]);
            bytes += got;
        }

        handle?.Dispose();
        return bytes;
    }
}
