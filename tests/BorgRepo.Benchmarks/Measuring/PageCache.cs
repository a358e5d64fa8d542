using System.Runtime.InteropServices;
using BorgRepo.Core.Storage;
using Microsoft.Win32.SafeHandles;

namespace BorgRepo.Benchmarks.Measuring;

/// <summary>Brings the files of a repository into the page cache, or out of it.</summary>
internal static partial class PageCache
{
    private const int BlockSize = 1 << 20;
    private const int DoNotNeed = 4;

    /// <summary>Reads every file once.</summary>
    public static void Warm(string path)
    {
        using AlignedBuffer block = new(BlockSize);
        foreach (string file in RepositoryFolder.Files(path))
        {
            using SafeFileHandle handle = File.OpenHandle(file);
            for (long at = 0; RandomAccess.Read(handle, block.Span, at) is var got and > 0; at += got)
            {
                // Only the kernel's copy is wanted.
            }
        }
    }

    /// <summary>Writes everything out and drops every file from the cache of this system; a host below may still cache.</summary>
    public static void Cool(string path)
    {
        sync();
        foreach (string file in RepositoryFolder.Files(path))
        {
            using SafeFileHandle handle = File.OpenHandle(file);
            _ = posix_fadvise(handle, 0, 0, DoNotNeed);
        }
    }

    [LibraryImport("libc")]
    private static partial void sync();

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, nint offset, nint length, int advice);
}
