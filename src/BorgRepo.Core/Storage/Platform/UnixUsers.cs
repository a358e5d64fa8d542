using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>The users that a Unix system knows.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class UnixUsers
{
    // Before the home directory stand in struct passwd: name, password, user and group number (32 bits each), real name; on
    // the BSDs and macOS also the time of the last change (64 bits) and the class.
    private static readonly int s_homeOffset = (3 * nint.Size) + 8 + (OperatingSystem.IsLinux() ? 0 : 8 + nint.Size);

    // getpwnam answers in memory that the next call overwrites.
    private static readonly Lock s_gate = new();

    /// <summary>Home directory of a user; null if there is no such user.</summary>
    public static string? FindHome(string user)
    {
        lock (s_gate)
        {
            nint entry = getpwnam(user);
            return entry == 0 ? null : Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry, s_homeOffset));
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint getpwnam(string name);
}
