using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>The calls to libc whose exact meaning the managed library does not offer.</summary>
/// <remarks>
/// Only functions with a fixed number of arguments are declared (or, for open and fcntl, used without the variable
/// ones except on Linux): Apple's ARM64 convention passes variable arguments differently.
/// </remarks>
[UnsupportedOSPlatform("windows")]
internal static partial class UnixNative
{
    private const int OpenReadOnly = 0;
    private const int LinuxCloseOnExec = 0x80000;
    private const int MacCloseOnExec = 0x1000000;
    private const int FreeBsdCloseOnExec = 0x100000;
    private const int MacFullSync = 51;
    private const int SetStatusFlags = 4;
    private const int LinuxNoAccessTime = 0x40000;
    private const uint WriteOutOnly = 2;
    private const int SignalNone = 0;
    private const int CurrentDirectory = -100;

    /// <summary>mkdir(2). False if the name exists; of two callers exactly one gets true.</summary>
    public static bool TryMakeDirectory(string path, UnixFileMode mode)
    {
        if (mkdir(path, (uint)mode) == 0)
        {
            return true;
        }
        int error = Marshal.GetLastPInvokeError();
        return error == UnixErrors.Exists ? false : throw UnixErrors.ToException(error, path);
    }

    /// <summary>rename(2): replaces the target in one step. Returns the error number, 0 if it worked.</summary>
    public static int Rename(string source, string target)
    {
        return rename(source, target) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Makes the content of a file durable, and as much of its metadata as reading it back needs.</summary>
    public static void SyncFile(SafeFileHandle handle, string path)
    {
        int error = OperatingSystem.IsLinux()
            ? Repeat(static h => fdatasync(h), handle)
            : FullSync(handle);
        if (error != 0)
        {
            throw UnixErrors.ToException(error, path);
        }
    }

    /// <summary>
    /// Begins to write out a range of a file, without waiting for it. Of the three things that sync_file_range(2) can do
    /// this is the one that takes no error away from a later sync, which therefore still tells of any.
    /// </summary>
    [SupportedOSPlatform("linux")]
    public static void BeginWriteOut(SafeFileHandle handle, long offset, long count)
    {
        // Where the system or the file system does not know it, the bytes are written out at the sync, as ever.
        _ = sync_file_range(handle, offset, count, WriteOutOnly);
    }

    /// <summary>
    /// Lets reads of a file leave its access time alone: a look at the clock less for each, and a check of everything writes
    /// nothing. Only a file's owner may; for others reads count as ever.
    /// </summary>
    [SupportedOSPlatform("linux")]
    public static void KeepAccessTime(SafeFileHandle handle) => _ = fcntl(handle, SetStatusFlags, LinuxNoAccessTime);

    /// <summary>Makes the names in a folder durable.</summary>
    /// <remarks>
    /// Network file systems answer "invalid" or "not supported" when a folder is synced; there is nothing better to do
    /// there. Everything else, an I/O error above all, means that the names may be lost.
    /// </remarks>
    public static void SyncDirectory(string path)
    {
        int descriptor = open(path, OpenReadOnly | CloseOnExec);
        if (descriptor < 0)
        {
            throw UnixErrors.ToException(Marshal.GetLastPInvokeError(), path, isDirectory: true);
        }
        using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        int error = OperatingSystem.IsLinux() ? Repeat(static h => fsync(h), handle) : FullSync(handle);
        if (error != 0 && !UnixErrors.IsInvalidOrUnsupported(error))
        {
            throw UnixErrors.ToException(error, path, isDirectory: true);
        }
    }

    /// <summary>False only if the kernel says that there is no such process.</summary>
    public static bool IsProcessAlive(int processId)
    {
        // Zero and negative numbers address groups of processes: they name no single one and prove nothing.
        return processId <= 0
            || kill(processId, SignalNone) == 0
            || Marshal.GetLastPInvokeError() != UnixErrors.NoSuchProcess;
    }

    /// <summary>statx(2), links followed. Returns the error number, 0 if it worked.</summary>
    [SupportedOSPlatform("linux")]
    public static int Stat(string path, out LinuxStat stat)
    {
        try
        {
            return statx(CurrentDirectory, path, 0, LinuxStat.Wanted, out stat) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        catch (EntryPointNotFoundException)
        {
            // C libraries older than the call.
            stat = default;
            return UnixErrors.NotImplemented;
        }
    }

    /// <summary>realpath(3): the path without links; null if there is no such thing.</summary>
    public static unsafe string? GetRealPath(string path)
    {
        byte* result = realpath(path, null);
        if (result is null)
        {
            return null;
        }
        try
        {
            return Marshal.PtrToStringUTF8((nint)result);
        }
        finally
        {
            // realpath took it from malloc, which is what this frees to.
            NativeMemory.Free(result);
        }
    }

    private static int CloseOnExec => OperatingSystem.IsLinux() ? LinuxCloseOnExec
        : OperatingSystem.IsMacOS() ? MacCloseOnExec
        : FreeBsdCloseOnExec;

    private static int FullSync(SafeFileHandle handle)
    {
        // macOS: fsync leaves the data in the drive's cache, only F_FULLFSYNC empties that. Network volumes and some
        // third-party file systems do not know it.
        if (OperatingSystem.IsMacOS())
        {
            int error = Repeat(static h => fcntl(h, MacFullSync), handle);
            if (error != UnixErrors.NotATerminal && !UnixErrors.IsInvalidOrUnsupported(error))
            {
                return error;
            }
        }
        return Repeat(static h => fsync(h), handle);
    }

    private static int Repeat(Func<SafeFileHandle, int> call, SafeFileHandle handle)
    {
        while (call(handle) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != UnixErrors.Interrupted)
            {
                return error;
            }
        }
        return 0;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string source, string target);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle handle);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle handle);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle handle, int command);

    [LibraryImport("libc")]
    private static partial int fcntl(SafeFileHandle handle, int command, int argument);

    [LibraryImport("libc")]
    private static partial int sync_file_range(SafeFileHandle handle, long offset, long count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int processId, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out LinuxStat result);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial byte* realpath(string path, byte* buffer);
}
