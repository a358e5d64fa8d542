using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>Lets standard output be standard error, for what asks Windows for it from now on and for children.</summary>
[SupportedOSPlatform("windows")]
internal sealed partial class WindowsOutputRedirection : IDisposable
{
    private const int StandardOutput = -11;
    private const int StandardError = -12;

    private readonly nint _original = GetStdHandle(StandardOutput);

    public WindowsOutputRedirection() => SetStdHandle(StandardOutput, GetStdHandle(StandardError));

    /// <inheritdoc/>
    public void Dispose() => SetStdHandle(StandardOutput, _original);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial bool SetStdHandle(int which, nint handle);
}
