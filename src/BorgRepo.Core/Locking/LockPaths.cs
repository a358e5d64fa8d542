namespace BorgRepo.Core.Locking;

/// <summary>Names that the locks have in a repository's folder.</summary>
internal static class LockPaths
{
    /// <summary>Stands for both in messages; nothing has this name.</summary>
    public static string Base(string repositoryPath) => Path.Combine(repositoryPath, "lock");

    /// <summary>The folder that is the exclusive lock.</summary>
    public static string Directory(string repositoryPath) => Path.Combine(repositoryPath, "lock.exclusive");

    /// <summary>The list of holders.</summary>
    public static string Roster(string repositoryPath) => Path.Combine(repositoryPath, "lock.roster");
}
