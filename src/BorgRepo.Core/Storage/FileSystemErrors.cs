namespace BorgRepo.Core.Storage;

/// <summary>Tells the kinds of <see cref="IOException"/> apart that the engine treats differently.</summary>
public static class FileSystemErrors
{
    private const int WindowsErrorFileExists = unchecked((int)0x80070050);
    private const int WindowsErrorAlreadyExists = unchecked((int)0x800700B7);
    private const int WindowsErrorHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsErrorDiskFull = unchecked((int)0x80070070);
    private const int UnixNoSpace = 28;
    private const int LinuxQuota = 122;
    private const int MacQuota = 69;
    private const int UnixExists = 17;
    private const int WindowsErrorTooManyOpenFiles = unchecked((int)0x80070004);
    private const int UnixProcessFileLimit = 24;
    private const int UnixSystemFileLimit = 23;

    /// <summary>HResult that simulated file systems give an error of a full volume.</summary>
    public const int DiskFullHResult = WindowsErrorDiskFull;

    /// <summary>HResult that simulated file systems give an error of an existing file.</summary>
    public const int AlreadyExistsHResult = WindowsErrorFileExists;

    /// <summary>HResult that simulated file systems give an error of too many open files.</summary>
    public const int TooManyOpenFilesHResult = WindowsErrorTooManyOpenFiles;

    /// <summary>True if the volume, or this user's share of it, is full.</summary>
    public static bool IsDiskFull(Exception error) => error is IOException
        && (error.HResult is WindowsErrorDiskFull or WindowsErrorHandleDiskFull
            || (!OperatingSystem.IsWindows() && error.HResult is UnixNoSpace)
            || (OperatingSystem.IsLinux() && error.HResult == LinuxQuota)
            || (OperatingSystem.IsMacOS() && error.HResult == MacQuota));

    /// <summary>True if a file that should be new exists.</summary>
    public static bool IsAlreadyExists(Exception error) => error is IOException
        && (error.HResult is WindowsErrorFileExists or WindowsErrorAlreadyExists
            || (!OperatingSystem.IsWindows() && error.HResult == UnixExists));

    /// <summary>True if the process, or the computer, may open no more files.</summary>
    public static bool IsTooManyOpenFiles(Exception error) => error is IOException
        && (error.HResult == WindowsErrorTooManyOpenFiles
            || (!OperatingSystem.IsWindows() && error.HResult is UnixProcessFileLimit or UnixSystemFileLimit));
}
