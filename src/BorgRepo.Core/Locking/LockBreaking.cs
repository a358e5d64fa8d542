using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>Removes the locks of a repository without asking whose they are.</summary>
internal static class LockBreaking
{
    /// <summary>Removes roster and lock folder. Sessions of this process lose them as those of others do.</summary>
    public static void Break(IFileSystem fileSystem, string repositoryPath)
    {
        string directory = LockPaths.Directory(repositoryPath);
        fileSystem.DeleteFile(LockPaths.Roster(repositoryPath));
        if (fileSystem.GetInfo(directory).Kind == PathKind.Directory)
        {
            foreach (DirectoryItem item in fileSystem.List(directory))
            {
                fileSystem.DeleteFile(Path.Combine(directory, item.Name));
            }
            fileSystem.DeleteDirectory(directory);
        }
        // A new session must not wait for one that has nothing left on the disk.
        LockRegistry.Process.Forget(fileSystem, LockKey.Normalize(fileSystem, repositoryPath));
    }
}
