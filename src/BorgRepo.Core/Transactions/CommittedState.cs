using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;

namespace BorgRepo.Core.Transactions;

/// <summary>The state of a repository after its last transaction, in memory.</summary>
/// <param name="transactionId">The last transaction; null if there was none yet.</param>
/// <param name="index">Where each object stands.</param>
/// <param name="usage">What hints tell; null as long as only reading was asked for.</param>
public sealed class CommittedState(uint? transactionId, HashIndex index, SegmentUsage? usage) : IDisposable
{
    /// <summary>The last transaction; null if there was none yet.</summary>
    public uint? TransactionId { get; } = transactionId;

    /// <summary>Where each object stands.</summary>
    public HashIndex Index { get; } = index;

    /// <summary>What hints tell; null as long as only reading was asked for.</summary>
    public SegmentUsage? Usage { get; } = usage;

    /// <summary>Frees the index.</summary>
    public void Dispose() => Index.Dispose();
}
