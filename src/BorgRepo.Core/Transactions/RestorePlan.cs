namespace BorgRepo.Core.Transactions;

/// <summary>What going back to an earlier transaction moves aside.</summary>
/// <param name="TransactionId">The transaction to go back to.</param>
/// <param name="NewerTransactions">Transactions after it whose COMMIT is on the disk, in ascending order.</param>
/// <param name="SegmentCount">Segments after it.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record RestorePlan(uint TransactionId, IReadOnlyList<uint> NewerTransactions, int SegmentCount, long Bytes);
