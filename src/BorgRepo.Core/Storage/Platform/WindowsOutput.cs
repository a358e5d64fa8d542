using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>Standard output as Windows knows it: what is asked for by new streams, and what children inherit.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsOutput
{
    private const int StandardOutput = -11;
    private const int StandardError = -12;

    /// <summary>Lets standard output be standard error. Streams that are open keep what they have.</summary>
    public static void RedirectToErrors() => SetStdHandle(StandardOutput, GetStdHandle(StandardError));

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint GetStdHandle(int which);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial bool SetStdHandle(int which, nint handle);
}
