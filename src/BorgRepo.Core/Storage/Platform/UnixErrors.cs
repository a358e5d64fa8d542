using System.Runtime.InteropServices;

namespace BorgRepo.Core.Storage.Platform;

/// <summary>Error numbers of Unix, and the exceptions that the managed library would throw for them.</summary>
internal static class UnixErrors
{
    public const int NoSuchProcess = 3;
    public const int Interrupted = 4;
    public const int Exists = 17;
    public const int NotATerminal = 25;

    private const int NotPermitted = 1;
    private const int NoEntry = 2;
    private const int AccessDenied = 13;
    private const int NotADirectory = 20;
    private const int Invalid = 22;

    /// <summary>The system has no such call.</summary>
    public static int NotImplemented => OperatingSystem.IsLinux() ? 38 : 78;

    /// <summary>The error of a folder that is in the way and not empty.</summary>
    public static int NotEmpty => OperatingSystem.IsLinux() ? 39 : 66;

    /// <summary>The thing, or a folder on the way to it, is not there.</summary>
    public static bool IsMissing(int error) => error is NoEntry or NotADirectory;

    /// <summary>The file system cannot do this at all, as opposed to: it failed.</summary>
    public static bool IsInvalidOrUnsupported(int error) => error == Invalid || error == NotImplemented
        || (OperatingSystem.IsLinux() ? error == 95 : error is 45 or 102);

    /// <summary>The exception for an error number. HResult carries the number, as with the managed library's own.</summary>
    public static Exception ToException(int error, string path, bool isDirectory = false)
    {
        string message = $"{Marshal.GetPInvokeErrorMessage(error)}: '{path}'.";
        return error switch
        {
            NoEntry when !isDirectory && Directory.Exists(Path.GetDirectoryName(path)) => new FileNotFoundException(message, path),
            NoEntry or NotADirectory => new DirectoryNotFoundException(message),
            NotPermitted or AccessDenied => new UnauthorizedAccessException(message),
            _ => new IOException(message, error),
        };
    }
}
