using System.Globalization;

namespace BorgRepo.Core.Errors;

/// <summary>
/// A transaction is durable, but index and hints could not be saved after it. Nothing is lost: the next open rebuilds them
/// from the segments.
/// </summary>
public sealed class IndexSaveException(uint transactionId, Exception innerException)
    : BorgRepositoryException(
        $"Transaction {transactionId.ToString(CultureInfo.InvariantCulture)} is durable, but saving its index failed: {innerException.Message} The next open rebuilds the index.",
        innerException)
{
    /// <summary>The transaction that is on the disk.</summary>
    public uint TransactionId { get; } = transactionId;
}
