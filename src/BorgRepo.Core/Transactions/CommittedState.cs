using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;

namespace BorgRepo.Core.Transactions;

/// <summary>The state of a repository after its last transaction, in memory.</summary>
/// <param name="TransactionId">The last transaction; null if there was none yet.</param>
/// <param name="Index">Where each object stands.</param>
/// <param name="Usage">What hints tell; null as long as only reading was asked for.</param>
public sealed record CommittedState(uint? TransactionId, HashIndex Index, SegmentUsage? Usage) : IDisposable
{
    /// <summary>
    /// The transaction whose index is on the disk. An older one than the last while index and hints wait to be saved
    /// (<see cref="OpenOptions.IndexCheckpointSize"/>).
    /// </summary>
    public uint? SavedTransactionId { get; init; } = TransactionId;

    /// <summary>Bytes of segments written since that one: what the next opening would have to read, were this session killed.</summary>
    public long UnsavedBytes { get; init; }

    /// <summary>True if index and hints on the disk are not those of the last transaction.</summary>
    public bool IsUnsaved => SavedTransactionId != TransactionId;

    /// <summary>Why nothing may be written to this state before a repair; null if it may.</summary>
    public string? WriteRefusal { get; init; }

    /// <summary>Frees the index.</summary>
    public void Dispose() => Index.Dispose();
}
