using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core;

/// <summary>
/// Creates a repository, all or nothing: README, <c>data</c>, and last the config, which makes it one. Whatever fails,
/// what was made before is removed again.
/// </summary>
internal static class RepositoryCreation
{
    private const int ReadmeProbeLength = 100;

    private static ReadOnlySpan<byte> ReadmeOfBorg10 => "This is a Borg repository\n"u8;

    private static ReadOnlySpan<byte> ReadmeOfBorg11 =>
        "This is a Borg Backup repository.\nSee https://borgbackup.readthedocs.io/\n"u8;

    /// <summary>Creates it at a full path.</summary>
    public static void Create(string path, CreateOptions options, RepositoryServices services)
    {
        IFileSystem fileSystem = services.FileSystem;
        RefuseNested(path, fileSystem);
        PathInfo there = fileSystem.GetInfo(path);
        if (there.Kind != PathKind.Missing && (there.Kind != PathKind.Directory || fileSystem.List(path).Count > 0))
        {
            throw new PathExistsException(path);
        }

        Span<byte> random = stackalloc byte[ObjectId.Length];
        services.Environment.FillRandom(random);
        RepositoryConfig config = RepositoryConfig.CreateNew(
            new ObjectId(random),
            path,
            options.WriteFormat,
            options.SegmentsPerDirectory,
            options.MaxSegmentSize,
            options.AppendOnly,
            options.StorageQuota,
            options.AdditionalFreeSpace);

        // Only what this call made is removed again: of two callers with one path, the loser must not harm the winner.
        Stack<Action> undo = new();
        try
        {
            CreateFolders(path, options.CreateParents, fileSystem, undo);
            WriteReadme(path, options.WriteFormat, fileSystem, undo);
            string data = Path.Combine(path, "data");
            if (!fileSystem.TryCreateDirectory(data))
            {
                throw new PathExistsException(data);
            }

            undo.Push(() => fileSystem.DeleteDirectory(data));
            // The config makes it a repository: after a crash there must not be one without what it needs.
            fileSystem.SyncDirectory(path);
            // Before the attempt: the file may be in place already when making it durable fails.
            undo.Push(() => fileSystem.DeleteFile(Path.Combine(path, "config")));
            new ConfigFile(services, path).Create(config);
            if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
            {
                fileSystem.SyncDirectory(parent);
            }
        }
        catch
        {
            Undo(undo);
            throw;
        }
    }

    /// <summary>True if the README in a folder is that of a borg repository.</summary>
    public static bool HasReadme(string folder, IFileSystem fileSystem)
    {
        string path = Path.Combine(folder, "README");
        try
        {
            if (fileSystem.GetInfo(path).Kind != PathKind.File)
            {
                return false;
            }

            using IFile file = fileSystem.Open(path, FileOpenKind.Read);
            Span<byte> start = stackalloc byte[ReadmeProbeLength];
            start = start[..file.Read(start, 0)];
            return start.IndexOf("Borg Backup repository"u8) >= 0 || start.IndexOf("Borg repository"u8) >= 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A folder above that may not be looked into is nobody's repository as far as this user can tell.
            return false;
        }
    }

    /// <summary>Refuses a folder that is a repository, or lies in one.</summary>
    /// <exception cref="RepositoryExistsException">Names the repository.</exception>
    public static void RefuseNested(string path, IFileSystem fileSystem)
    {
        for (string? folder = path; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (HasReadme(folder, fileSystem))
            {
                throw new RepositoryExistsException(folder);
            }
        }
    }

    private static void CreateFolders(string path, bool createParents, IFileSystem fileSystem, Stack<Action> undo)
    {
        Stack<string> missing = new();
        for (string? folder = path; folder is not null && fileSystem.GetInfo(folder).Kind == PathKind.Missing; folder = Path.GetDirectoryName(folder))
        {
            missing.Push(folder);
        }

        if (missing.Count > 1 && !createParents)
        {
            throw new ParentPathNotFoundException(path);
        }

        foreach (string folder in missing)
        {
            if (fileSystem.TryCreateDirectory(folder))
            {
                undo.Push(() => fileSystem.DeleteDirectory(folder));
            }
        }
    }

    private static void WriteReadme(string path, WriteFormat format, IFileSystem fileSystem, Stack<Action> undo)
    {
        string readme = Path.Combine(path, "README");
        using IFile file = fileSystem.Open(readme, FileOpenKind.CreateNew);
        undo.Push(() => fileSystem.DeleteFile(readme));
        file.Write(format == WriteFormat.Borg10 ? ReadmeOfBorg10 : ReadmeOfBorg11, 0);
        file.Sync();
    }

    private static void Undo(Stack<Action> undo)
    {
        try
        {
            while (undo.TryPop(out Action? action))
            {
                action();
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The error that matters is the one that made this necessary.
        }
    }
}
