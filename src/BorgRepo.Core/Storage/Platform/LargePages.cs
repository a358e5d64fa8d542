using System.Runtime.InteropServices;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>
/// Asks the system to back a large block of memory by large pages. For a table that is hit at random it saves most of the
/// address translation, and filling it for the first time costs a page fault for 2 MiB instead of for 4 KiB.
/// </summary>
internal static partial class LargePages
{
    private const int AdviseLargePages = 14;
    private const nint SystemPage = 4096;

    /// <summary>Gives the advice for the whole pages of a block. Systems without such a thing, or with it forbidden, lose nothing.</summary>
    public static void Advise(nint block, nint length)
    {
        nint start = (block + SystemPage - 1) & ~(SystemPage - 1);
        nint end = (block + length) & ~(SystemPage - 1);
        if (OperatingSystem.IsLinux() && end > start)
        {
            // Whatever it answers: it is a hint.
            _ = madvise(start, (nuint)(end - start), AdviseLargePages);
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nuint length, int advice);
}
