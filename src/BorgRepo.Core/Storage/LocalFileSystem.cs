using System.IO.Enumeration;
using BorgRepo.Core.Storage.Platform;
using Microsoft.Win32.SafeHandles;

namespace BorgRepo.Core.Storage;

/// <summary>The file system of this computer.</summary>
/// <remarks>
/// New files and folders are private to their owner, as with borg, which sets its umask to 077. Where the folder they
/// are made in is shared with its group, they are shared likewise, as far as the process's umask lets them.
/// </remarks>
public sealed class LocalFileSystem : IFileSystem
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Permissions = Private
        | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly EnumerationOptions s_everyName = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        RecurseSubdirectories = false,
    };

    private LocalFileSystem()
    {
    }

    /// <summary>The one instance.</summary>
    public static LocalFileSystem Instance { get; } = new();

    /// <inheritdoc/>
    public bool SyncsInParallel => true;

    /// <inheritdoc/>
    public PathInfo GetInfo(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            int error = UnixNative.Stat(path, out LinuxStat stat);
            if (error == 0)
            {
                return stat.ToPathInfo();
            }
            if (error != UnixErrors.NotImplemented)
            {
                return UnixErrors.IsMissing(error) ? default : throw UnixErrors.ToException(error, path);
            }
        }
        return GetManagedInfo(path);
    }

    /// <inheritdoc/>
    public IReadOnlyList<DirectoryItem> List(string directory)
    {
        // The kind of each name comes with the listing itself: a stat for each of 10,000 segments makes it four times as
        // slow, so attributes are asked of folders only. Special files count as files here; Open refuses them.
        return [.. new FileSystemEnumerable<DirectoryItem>(
            directory,
            static (ref FileSystemEntry entry) => new DirectoryItem(
                entry.FileName.ToString(),
                entry.IsDirectory ? PathKind.Directory : PathKind.File,
                entry.IsDirectory && (entry.Attributes & FileAttributes.ReparsePoint) != 0),
            s_everyName)];
    }

    /// <inheritdoc/>
    public IFile Open(string path, FileOpenKind kind)
    {
        // Opening a pipe would wait for its other end.
        if (kind != FileOpenKind.CreateNew && OperatingSystem.IsLinux()
            && UnixNative.Stat(path, out LinuxStat stat) == 0 && stat.Kind == PathKind.Other)
        {
            throw new IOException($"Not a regular file: '{path}'.");
        }
        if (kind == FileOpenKind.Read)
        {
            // No access hint: the hint for random access would switch read-ahead off for whole-segment reads.
            SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.None);
            if (OperatingSystem.IsLinux())
            {
                UnixNative.KeepAccessTime(handle);
            }

            return new LocalFile(handle, path, handle);
        }
        FileStreamOptions options = new()
        {
            Mode = kind switch
            {
                FileOpenKind.CreateNew => FileMode.CreateNew,
                FileOpenKind.Overwrite => FileMode.Create,
                FileOpenKind.Update => FileMode.OpenOrCreate,
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
            },
            Access = kind == FileOpenKind.Update ? FileAccess.ReadWrite : FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = GetModeBelow(path) & ~Execute;
        }
        // Only a FileStream can be opened with a mode; it has no buffer and serves as the owner of its handle.
        FileStream stream = new(path, options);
        return new LocalFile(stream.SafeFileHandle, path, stream);
    }

    /// <inheritdoc/>
    public bool TryCreateDirectory(string path) => OperatingSystem.IsWindows()
        ? WindowsNative.TryMakeDirectory(path)
        : UnixNative.TryMakeDirectory(path, GetModeBelow(path));

    /// <inheritdoc/>
    public void Replace(string source, string target)
    {
        if (OperatingSystem.IsWindows())
        {
            WindowsRetry.Run(WindowsNative.Replace, source, target, SystemEnvironment.Instance);
            return;
        }
        int error = UnixNative.Rename(source, target);
        if (error != 0)
        {
            throw UnixErrors.ToException(error, UnixErrors.IsMissing(error) ? source : target);
        }
    }

    /// <inheritdoc/>
    public bool TryRenameDirectory(string source, string target)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                WindowsRetry.Run(WindowsNative.MoveToFreeName, source, target, SystemEnvironment.Instance, () => GetInfo(target).Kind == PathKind.Missing);
                return true;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException && GetInfo(target).Kind != PathKind.Missing)
            {
                return false;
            }
        }
        int code = UnixNative.Rename(source, target);
        if (code == 0)
        {
            return true;
        }
        // Network file systems have other errors than "exists" and "not empty" for a target that is in the way.
        return code == UnixErrors.Exists || code == UnixErrors.NotEmpty || GetInfo(target).Kind != PathKind.Missing
            ? false
            : throw UnixErrors.ToException(code, source, isDirectory: true);
    }

    /// <inheritdoc/>
    public void DeleteFile(string path) => Delete(File.Delete, path);

    /// <inheritdoc/>
    public void DeleteDirectory(string path) => Delete(Directory.Delete, path);

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            UnixNative.SyncDirectory(path);
        }
    }

    /// <inheritdoc/>
    public long? GetAvailableBytes(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return WindowsNative.GetAvailableBytes(path);
        }
        try
        {
            return new DriveInfo(path).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public int? GetLinkCount(string path) =>
        OperatingSystem.IsLinux() && UnixNative.Stat(path, out LinuxStat stat) == 0 ? stat.LinkCount : null;

    /// <inheritdoc/>
    public string GetCanonicalPath(string path) =>
        (OperatingSystem.IsWindows() ? WindowsNative.GetFinalPath(path) : UnixNative.GetRealPath(path)) ?? path;

    private static void Delete(Action<string> delete, string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                WindowsRetry.Run((name, _) => delete(name), path, path, SystemEnvironment.Instance);
            }
            else
            {
                delete(path);
            }
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
        }
    }

    private static PathInfo GetManagedInfo(string path)
    {
        FileSystemInfo info = new FileInfo(path);
        if (!IsThere(info))
        {
            return default;
        }
        if ((info.Attributes & FileAttributes.ReparsePoint) != 0)
        {
            // Null for what is no link, such as a file kept in a cloud.
            info = info.ResolveLinkTarget(returnFinalTarget: true) ?? info;
            if (!IsThere(info))
            {
                return default;
            }
        }
        return (info.Attributes & FileAttributes.Directory) != 0
            ? new PathInfo(PathKind.Directory, 0, info.LastWriteTimeUtc)
            : new PathInfo(PathKind.File, new FileInfo(info.FullName).Length, info.LastWriteTimeUtc);
    }

    private static bool IsThere(FileSystemInfo info) => info.Attributes != (FileAttributes)(-1);

    private static UnixFileMode GetModeBelow(string path)
    {
        string? parent = Path.GetDirectoryName(path);
        if (OperatingSystem.IsWindows() || parent is null || !Directory.Exists(parent))
        {
            return Private;
        }
        UnixFileMode mode = File.GetUnixFileMode(parent);
        // A sticky folder such as /tmp is open to everybody, but what is in it is not shared.
        bool isShared = (mode & UnixFileMode.GroupWrite) != 0 && (mode & UnixFileMode.StickyBit) == 0;
        return isShared ? (mode & Permissions) | Private : Private;
    }
}
