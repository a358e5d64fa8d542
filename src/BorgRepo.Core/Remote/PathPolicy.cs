using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Storage.Platform;

namespace BorgRepo.Core.Remote;

/// <summary>
/// Turns the path that a client asks for into the one that is opened, and refuses what lies outside. What is compared and
/// what is opened is the same path with all links resolved, so that no link leads out.
/// </summary>
internal sealed class PathPolicy(ServerOptions options, IFileSystem fileSystem)
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static StringComparison Comparison => OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>The full path to open.</summary>
    /// <exception cref="PathNotAllowedException">It is outside.</exception>
    public string Resolve(ReadOnlySpan<byte> clientPath)
    {
        string asked = Decode(clientPath);
        string path = RealPath(Expand(asked));
        bool isAllowed = (options.RestrictToPaths.Count == 0 || options.RestrictToPaths.Any(folder => IsAtOrBelow(path, RealPath(folder))))
            && (options.RestrictToRepositories.Count == 0 || options.RestrictToRepositories.Any(allowed => string.Equals(path, RealPath(allowed), Comparison)));
        return isAllowed ? path : throw new PathNotAllowedException(asked);
    }

    private static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            string path = s_strict.GetString(bytes);
            return path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal)
                ? path
                : throw new RpcArgumentException("ValueError", "the path is empty or has a null character in it");
        }
        catch (DecoderFallbackException)
        {
            throw new RpcArgumentException("ValueError", "the path is no UTF-8 text");
        }
    }

    // The forms that location syntax leaves over: /~/x and ~/x, /~user/x and ~user/x, /./x.
    private string Expand(string path)
    {
        if (path.StartsWith("/./", StringComparison.Ordinal))
        {
            return Path.Combine(options.WorkingDirectory, path[3..]);
        }

        string rest = path.StartsWith("/~", StringComparison.Ordinal) ? path[1..] : path;
        if (rest[0] == '~')
        {
            int end = rest.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? slash : rest.Length;
            string user = rest[1..end];
            string? home = user.Length == 0 ? options.HomeDirectory : OperatingSystem.IsWindows() ? null : UnixUsers.FindHome(user);
            return home is not null
                ? Path.Combine(home, rest[end..].TrimStart('/'))
                : Path.Combine(options.WorkingDirectory, path);
        }

        // ssh://host/C:/folder arrives with the slash that begins every path of a location.
        if (OperatingSystem.IsWindows() && path is ['/', _, ':', ..])
        {
            path = path[1..];
        }

        return Path.Combine(options.WorkingDirectory, path);
    }

    private string RealPath(string path)
    {
        if (fileSystem.GetInfo(path).Kind != PathKind.Missing)
        {
            return fileSystem.GetCanonicalPath(path);
        }

        // Step by step, since ".." after a link leads to the parent of the link's target.
        string current = Path.GetPathRoot(path) is { Length: > 0 } root ? root : options.WorkingDirectory;
        foreach (string part in path[(Path.GetPathRoot(path)?.Length ?? 0)..].Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries))
        {
            current = part switch
            {
                "." => current,
                ".." => Path.GetDirectoryName(current) ?? current,
                _ => fileSystem.GetCanonicalPath(Path.Combine(current, part)),
            };
        }

        return current;
    }

    private static bool IsAtOrBelow(string path, string folder) =>
        WithSeparator(path).StartsWith(WithSeparator(folder), Comparison);

    private static string WithSeparator(string path) =>
        Path.EndsInDirectorySeparator(path) ? path : path + Path.DirectorySeparatorChar;
}
