using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>
/// Lets descriptor 1 be another name of descriptor 2. Below all libraries and for children too: they inherit the
/// descriptors, not this process's ideas of them.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed partial class UnixOutputRedirection : IDisposable
{
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    private readonly SafeFileHandle _original;

    public UnixOutputRedirection()
    {
        int original = dup(StandardOutput);
        if (original < 0 || dup2(StandardError, StandardOutput) < 0)
        {
            throw UnixErrors.ToException(Marshal.GetLastPInvokeError(), "standard output");
        }

        _original = new SafeFileHandle(original, ownsHandle: true);
        Original = new FileStream(_original, FileAccess.Write, bufferSize: 0);
    }

    /// <summary>What standard output was.</summary>
    public Stream Original { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nobody could do anything about an error here.
        _ = dup2((int)_original.DangerousGetHandle(), StandardOutput);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int dup(int from);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int dup2(int from, int to);
}
