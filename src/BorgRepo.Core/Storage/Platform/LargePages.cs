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
    private const nint LargePage = 2 << 20;

    /// <summary>Gives the advice for all pages of a block. Systems without such a thing, or with it forbidden, lose nothing.</summary>
    /// <remarks>
    /// The pages at both ends are included although the block may not fill them: advice for a part would split the C
    /// library's mapping in three, and then growing the block can no longer move its pages but copies their content.
    /// </remarks>
    /// <param name="block">Start of a block that has mappings of its own: the C library's large ones do.</param>
    /// <param name="length">Its length.</param>
    public static void Advise(nint block, nint length)
    {
        nint start = block & ~(SystemPage - 1);
        nint end = (block + length + SystemPage - 1) & ~(SystemPage - 1);
        AdviseRange(start, end);
    }

    /// <summary>Gives the advice for the large pages that lie wholly within a block, wherever the block comes from.</summary>
    /// <param name="block">Start of the block.</param>
    /// <param name="length">Its length.</param>
    public static void AdviseWithin(nint block, nint length)
    {
        nint start = (block + LargePage - 1) & ~(LargePage - 1);
        nint end = (block + length) & ~(LargePage - 1);
        AdviseRange(start, end);
    }

    private static void AdviseRange(nint start, nint end)
    {
        if (end > start && OperatingSystem.IsLinux())
        {
            // Whatever it answers: it is a hint.
            _ = madvise(start, (nuint)(end - start), AdviseLargePages);
        }
    }

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nuint length, int advice);
}
