using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>Standard output as a file descriptor: below all libraries, and what children inherit.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class UnixOutput
{
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    /// <summary>Makes descriptor 1 another name of descriptor 2.</summary>
    /// <returns>What descriptor 1 was.</returns>
    public static Stream RedirectToErrors()
    {
        int original = dup(StandardOutput);
        return original < 0 || dup2(StandardError, StandardOutput) < 0
            ? throw UnixErrors.ToException(Marshal.GetLastPInvokeError(), "standard output")
            : new FileStream(new SafeFileHandle(original, ownsHandle: true), FileAccess.Write, bufferSize: 0);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int dup(int from);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int dup2(int from, int to);
}
