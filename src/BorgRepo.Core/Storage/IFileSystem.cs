namespace BorgRepo.Core.Storage;

/// <summary>
/// Everything the engine asks of a file system. All repository access goes through it, so that crashes, failing calls
/// and full disks can be simulated. Implementations throw <see cref="IOException"/> (with
/// <see cref="FileNotFoundException"/> and <see cref="DirectoryNotFoundException"/> where they fit) and
/// <see cref="UnauthorizedAccessException"/>; a full volume is recognised by <see cref="FileSystemErrors.IsDiskFull"/>.
/// </summary>
/// <remarks>Thread-safe. Paths are absolute.</remarks>
public interface IFileSystem
{
    /// <summary>
    /// True if other calls go on while one waits for a sync, so that it is worth a thread. Where the order of all calls matters,
    /// as in a simulation, it is not.
    /// </summary>
    bool SyncsInParallel => false;

    /// <summary>What is at the path; <see cref="PathKind.Missing"/> if nothing is. Links are followed.</summary>
    PathInfo GetInfo(string path);

    /// <summary>The names in a folder with their kinds, in any order.</summary>
    IReadOnlyList<DirectoryItem> List(string directory);

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">With <see cref="FileOpenKind.CreateNew"/>: it exists already (see <see cref="FileSystemErrors.IsAlreadyExists"/>).</exception>
    IFile Open(string path, FileOpenKind kind);

    /// <summary>Makes one folder. Atomic: of two callers exactly one succeeds.</summary>
    /// <returns>False if the name exists already.</returns>
    bool TryCreateDirectory(string path);

    /// <summary>Renames a file, atomically replacing a file that is at the target.</summary>
    void Replace(string source, string target);

    /// <summary>Renames a folder. Atomic: of two callers with one target exactly one succeeds.</summary>
    /// <returns>False if the target exists (on Unix an empty folder is taken over, as borg does).</returns>
    bool TryRenameDirectory(string source, string target);

    /// <summary>Removes a file; a missing one is no error.</summary>
    void DeleteFile(string path);

    /// <summary>Removes an empty folder; a missing one is no error.</summary>
    /// <exception cref="IOException">It is not empty.</exception>
    void DeleteDirectory(string path);

    /// <summary>Makes the entries of a folder durable. Does nothing where the platform has no such thing.</summary>
    void SyncDirectory(string path);

    /// <summary>Free bytes of the volume for this user; null if unknown.</summary>
    long? GetAvailableBytes(string path);

    /// <summary>Number of names that a file has; null if unknown.</summary>
    int? GetLinkCount(string path);

    /// <summary>One spelling for all ways to name a thing (links resolved); the path itself if nothing is there.</summary>
    string GetCanonicalPath(string path) => path;
}
