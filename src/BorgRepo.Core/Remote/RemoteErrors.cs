using System.Globalization;
using System.Text.RegularExpressions;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Remote;

/// <summary>Makes of a server's error the exception that the same mishap raises on a local repository.</summary>
internal static partial class RemoteErrors
{
    /// <summary>The exception for an error.</summary>
    /// <param name="error">What the server said.</param>
    /// <param name="location">The repository as this side names it.</param>
    public static BorgRepositoryException ToException(RpcError error, string location)
    {
        string first = error.Arguments.Count > 0 ? error.Arguments[0] : error.Message;
        string second = error.Arguments.Count > 1 ? error.Arguments[1] : error.Message;
        return error.ClassName switch
        {
            "DoesNotExist" => new RepositoryNotFoundException(location),
            "AlreadyExists" => new RepositoryExistsException(location),
            "PathAlreadyExists" => new PathExistsException(location),
            "ParentPathDoesNotExist" => new ParentPathNotFoundException(location),
            "InvalidRepository" => new InvalidRepositoryException(location, "so its server says."),
            "InvalidRepositoryConfig" => new InvalidRepositoryConfigException(location, second),
            "AtticRepository" => new AtticRepositoryException(location),
            "PathPermissionDenied" or "PermissionError" => new RepositoryAccessDeniedException(location),
            "PathNotAllowed" => new PathNotAllowedException(first),
            "CheckNeeded" => new CheckNeededException(location, error.Message),
            "ObjectNotFound" or "Repository.ObjectNotFound" when ObjectId.TryParse(first, out ObjectId id) => new ObjectNotFoundException(id, location),
            "IntegrityError" when Place().Match(first) is { Success: true } place => Damage(first, place),
            "LockTimeout" => new LockTimeoutException(first, []),
            "LockFailed" => new LockFailedException(first, second),
            "NotLocked" or "NotMyLock" => new LockLostException(first, "its server says so."),
            "StorageQuotaExceeded" when ByteSize.TryParse(first, out long quota) && ByteSize.TryParse(second, out long use) => new StorageQuotaExceededException(quota, use),
            "InsufficientFreeSpaceError" when ByteSize.TryParse(first, out long required) =>
                new InsufficientFreeSpaceException(required, ByteSize.TryParse(second, out long available) ? available : null),
            "ValueError" when error.Message.Contains("append-only", StringComparison.Ordinal) => new AppendOnlyException(location, "this"),
            _ => new RemoteServerException(error.ClassName, error.Message, location),
        };
    }

    private static IntegrityException Damage(string message, Match place)
    {
        IntegrityKind kind = message.Contains("checksum", StringComparison.OrdinalIgnoreCase) ? IntegrityKind.ChecksumMismatch
            : message.Contains("magic", StringComparison.OrdinalIgnoreCase) ? IntegrityKind.InvalidMagic
            : message.Contains("short", StringComparison.OrdinalIgnoreCase) || message.Contains("truncated", StringComparison.OrdinalIgnoreCase) ? IntegrityKind.ShortData
            : message.Contains("tag", StringComparison.OrdinalIgnoreCase) ? IntegrityKind.UnknownTag
            : IntegrityKind.WrongKey;
        return new IntegrityException(
            kind,
            uint.Parse(place.Groups["segment"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
            long.Parse(place.Groups["offset"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
            message[..place.Index].TrimEnd());
    }

    [GeneratedRegex(@"\[segment (?<segment>\d{1,9}), offset (?<offset>\d{1,10})\]", RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
