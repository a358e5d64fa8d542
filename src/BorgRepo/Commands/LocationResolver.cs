using System.Management.Automation;
using BorgRepo.Core.Remote;
using BorgRepo.Provider;

namespace BorgRepo.Commands;

/// <summary>
/// Turns what the user wrote into full paths of the file system. Relative ones start at the location of the session, which
/// is not the current folder of the process.
/// </summary>
internal static class LocationResolver
{
    private const string FileSystemProvider = "FileSystem";

    /// <summary>A path taken as it is; nothing needs to exist there.</summary>
    /// <exception cref="InputException">It leads out of the file system.</exception>
    public static string ToFullPath(PathIntrinsics paths, string path)
    {
        try
        {
            string resolved = paths.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
            return Checked(path, resolved, provider);
        }
        catch (Exception error) when (IsUnusable(error))
        {
            throw Unusable(path, error);
        }
    }

    /// <summary>What names a repository, taken as it is: a path, or a location behind ssh.</summary>
    /// <exception cref="InputException">It is neither.</exception>
    public static string ToRepositoryPath(PathIntrinsics paths, string text) =>
        RemoteLocation.IsRemote(text) ? ToLocation(text) : ToFullPath(paths, text);

    /// <summary>
    /// A repository, by its path or as the root of the drive that shows it, whose session is used then. Below that root
    /// nothing names the repository: who writes the path of an object does not mean all of them.
    /// </summary>
    /// <exception cref="InputException">It is neither.</exception>
    public static RepositoryTarget ToTarget(PathIntrinsics paths, string text)
    {
        if (!RemoteLocation.IsRemote(text) && FindDrive(paths, text) is { } drive)
        {
            return new RepositoryTarget(drive.Session.Path, drive.Session);
        }

        return new RepositoryTarget(ToRepositoryPath(paths, text), null);
    }

    /// <summary>A location behind ssh, in one spelling.</summary>
    /// <exception cref="InputException">It is none.</exception>
    public static string ToLocation(string text)
    {
        try
        {
            return RemoteLocation.Parse(text).ToString();
        }
        catch (FormatException error)
        {
            throw new InputException("InvalidPath", error.Message, text, innerException: error);
        }
    }

    /// <summary>All paths that match a pattern; none is no error.</summary>
    /// <exception cref="InputException">It leads out of the file system.</exception>
    public static IReadOnlyList<string> Expand(PathIntrinsics paths, string pattern)
    {
        try
        {
            List<string> found = [];
            foreach (string path in paths.GetResolvedProviderPathFromPSPath(pattern, out ProviderInfo provider))
            {
                found.Add(Checked(pattern, path, provider));
            }

            return found;
        }
        catch (ItemNotFoundException)
        {
            return [];
        }
        catch (Exception error) when (IsUnusable(error))
        {
            throw Unusable(pattern, error);
        }
    }

    private static BorgDriveInfo? FindDrive(PathIntrinsics paths, string text)
    {
        try
        {
            string resolved = paths.GetUnresolvedProviderPathFromPSPath(text, out _, out PSDriveInfo? drive);
            return drive is BorgDriveInfo shown && DrivePath.Split(shown.Root, resolved) is [] ? shown : null;
        }
        catch (Exception error) when (IsUnusable(error))
        {
            return null;
        }
    }

    private static string Checked(string given, string path, ProviderInfo provider) => provider.Name == FileSystemProvider
        ? Path.TrimEndingDirectorySeparator(path)
        : throw new InputException("InvalidPath", $"'{given}' is not in the file system.", given);

    private static bool IsUnusable(Exception error) =>
        error is SessionStateException or ArgumentException or NotSupportedException or ProviderInvocationException;

    private static InputException Unusable(string path, Exception error) =>
        new("InvalidPath", $"'{path}' cannot be used as a path: {error.Message}", path, innerException: error);
}
