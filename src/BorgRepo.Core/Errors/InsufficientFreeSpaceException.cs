using BorgRepo.Core.Format;

namespace BorgRepo.Core.Errors;

/// <summary>The volume is too full to commit safely. The transaction was rolled back and its space given back.</summary>
public sealed class InsufficientFreeSpaceException(long requiredBytes, long? availableBytes, Exception? innerException = null)
    : BorgRepositoryException(
        $"Insufficient free space to complete transaction (required: {ByteSize.Format(requiredBytes)}, available: {(availableBytes is { } a ? ByteSize.Format(a) : "none")}).",
        innerException)
{
    /// <summary>Bytes that the commit may need at most.</summary>
    public long RequiredBytes { get; } = requiredBytes;

    /// <summary>Bytes that the volume offers to this user, null if it ran full while writing.</summary>
    public long? AvailableBytes { get; } = availableBytes;
}
