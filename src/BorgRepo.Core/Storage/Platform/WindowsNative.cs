using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>The calls to Windows whose exact meaning the managed library does not offer.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsNative
{
    private const int ErrorAccessDenied = 5;
    private const int ErrorInvalidParameter = 87;
    private const int ErrorAlreadyExists = 183;
    private const uint MoveReplaceExisting = 0x1;
    private const uint MoveWriteThrough = 0x8;
    private const uint ProcessQueryLimitedInformation = 0x1000;
    private const uint Synchronize = 0x100000;
    private const uint WaitSignalled = 0;
    private const uint ShareAll = 0x1 | 0x2 | 0x4;
    private const uint OpenExisting = 3;
    private const uint BackupSemantics = 0x02000000;
    private const int LongestPath = 32768;

    // Names of folders may be at most MAX_PATH less a file name of the old form; beyond it the prefix is needed.
    private const int LongestPlainPath = 247;

    /// <summary>CreateDirectoryW. False if the name exists; of two callers exactly one gets true.</summary>
    public static bool TryMakeDirectory(string path)
    {
        if (CreateDirectory(ToNative(path), 0))
        {
            return true;
        }
        int error = Marshal.GetLastPInvokeError();
        return error == ErrorAlreadyExists ? false : throw ToException(error, path);
    }

    /// <summary>MoveFileExW on to the target, written through.</summary>
    public static void Replace(string source, string target) => Move(source, target, MoveReplaceExisting | MoveWriteThrough);

    /// <summary>MoveFileExW to a name that must be free, written through.</summary>
    public static void MoveToFreeName(string source, string target) => Move(source, target, MoveWriteThrough);

    /// <summary>Free bytes for this user; works for shares too. Null if unknown.</summary>
    public static long? GetAvailableBytes(string path) =>
        GetDiskFreeSpaceEx(ToNative(path), out ulong available, 0, 0) ? (long)Math.Min(available, long.MaxValue) : null;

    /// <summary>False only if it is certain that there is no such process.</summary>
    public static bool IsProcessAlive(int processId)
    {
        using SafeWaitHandle process = OpenProcess(ProcessQueryLimitedInformation | Synchronize, false, (uint)processId);
        if (process.IsInvalid)
        {
            // "Invalid parameter" is the answer for a number that no process has. Denied access means that one has it.
            return Marshal.GetLastPInvokeError() != ErrorInvalidParameter;
        }
        // A process that has ended stays known as long as anybody holds a handle to it.
        return WaitForSingleObject(process, 0) != WaitSignalled;
    }

    /// <summary>The path without links and with the case of the disk; null if there is no such thing.</summary>
    public static unsafe string? GetFinalPath(string path)
    {
        using SafeFileHandle handle = CreateFile(ToNative(path), 0, ShareAll, 0, OpenExisting, BackupSemantics, 0);
        if (handle.IsInvalid)
        {
            return null;
        }
        char[] buffer = new char[LongestPath];
        fixed (char* start = buffer)
        {
            uint length = GetFinalPathNameByHandle(handle, start, LongestPath, 0);
            return length is 0 or >= LongestPath ? null : new string(start, 0, (int)length);
        }
    }

    private static void Move(string source, string target, uint flags)
    {
        if (!MoveFileEx(ToNative(source), ToNative(target), flags))
        {
            throw ToException(Marshal.GetLastPInvokeError(), target);
        }
    }

    private static string ToNative(string path) =>
        path.Length <= LongestPlainPath || path.StartsWith(@"\\?\", StringComparison.Ordinal) ? path
        : path.StartsWith(@"\\", StringComparison.Ordinal) ? string.Concat(@"\\?\UNC\", path.AsSpan(2))
        : @"\\?\" + path;

    private static Exception ToException(int error, string path)
    {
        string message = $"{Marshal.GetPInvokeErrorMessage(error)} '{path}'";
        return error switch
        {
            2 => new FileNotFoundException(message, path),
            3 => new DirectoryNotFoundException(message),
            ErrorAccessDenied => new UnauthorizedAccessException(message),
            _ => new IOException(message, unchecked((int)0x80070000) | error),
        };
    }

    [LibraryImport("kernel32", EntryPoint = "CreateDirectoryW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateDirectory(string path, nint security);

    [LibraryImport("kernel32", EntryPoint = "MoveFileExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool MoveFileEx(string source, string target, uint flags);

    [LibraryImport("kernel32", EntryPoint = "GetDiskFreeSpaceExW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetDiskFreeSpaceEx(string path, out ulong available, nint total, nint free);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial SafeWaitHandle OpenProcess(uint access, [MarshalAs(UnmanagedType.Bool)] bool inherit, uint processId);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial uint WaitForSingleObject(SafeWaitHandle handle, uint milliseconds);

    [LibraryImport("kernel32", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(string path, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32", EntryPoint = "GetFinalPathNameByHandleW", SetLastError = true)]
    private static unsafe partial uint GetFinalPathNameByHandle(SafeFileHandle handle, char* path, uint length, uint flags);
}
