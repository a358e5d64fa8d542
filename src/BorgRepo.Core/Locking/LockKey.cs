using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>One repository as one process sees it. Sessions with equal keys cannot be told apart on the disk.</summary>
internal readonly record struct LockKey(IFileSystem FileSystem, string Path, LockIdentity Identity)
{
    /// <summary>The key of a repository, whatever way its path is spelled.</summary>
    public static LockKey Create(RepositoryServices services, string repositoryPath) => new(
        services.FileSystem,
        Normalize(services.FileSystem, repositoryPath),
        new LockIdentity(services.Environment.HostId, services.Environment.ProcessId, 0));

    /// <summary>One spelling of a path.</summary>
    public static string Normalize(IFileSystem fileSystem, string path)
    {
        string canonical = System.IO.Path.TrimEndingDirectorySeparator(fileSystem.GetCanonicalPath(path));
        // Where the case of names does not matter, two spellings must not become two lockers. The opposite mistake, on
        // a volume where it does matter, only makes one repository wait for the other.
        return OperatingSystem.IsLinux() ? canonical : canonical.ToUpperInvariant();
    }
}
