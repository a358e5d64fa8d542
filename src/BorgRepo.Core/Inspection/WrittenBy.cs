using BorgRepo.Core.Hints;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Inspection;

/// <summary>Guesses from the files of a repository which release wrote to it last. Information only.</summary>
public static class WrittenBy
{
    private const int ReadmeLengthOfBorg10 = 26;

    /// <summary>Makes the guess.</summary>
    /// <param name="fileSystem">File access.</param>
    /// <param name="repositoryPath">Full path of the repository.</param>
    /// <param name="transactionId">Its last transaction; null if there was none.</param>
    /// <param name="usage">Its hints; null if there are none, or none that can be read.</param>
    public static string Guess(IFileSystem fileSystem, string repositoryPath, uint? transactionId, SegmentUsage? usage)
    {
        if (transactionId is { } last && usage?.HintsVersion is { } version)
        {
            bool integrity = fileSystem.GetInfo(Path.Combine(repositoryPath, $"integrity.{last}")).Kind == PathKind.File;
            return version == 1 ? "borg 1.0"
                : usage.SupersededPuts.Count > 0 ? "borg 1.2 or later"
                : integrity ? "borg 1.1 or later"
                : "unknown";
        }

        PathInfo readme = fileSystem.GetInfo(Path.Combine(repositoryPath, "README"));
        return readme.Kind != PathKind.File ? "unknown"
            : readme.Length == ReadmeLengthOfBorg10 ? "borg 1.0"
            : "borg 1.1 or later";
    }
}
