using BorgRepo.Core.Segments;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Compaction;

/// <summary>Plans and executes compactions. Both run the same rules: a plan on a copy of the usage and without writing.</summary>
public static class Compactor
{
    /// <summary>What a compaction would do now. Writes nothing.</summary>
    /// <param name="context">The repository.</param>
    /// <param name="state">Its committed state, with usage; it is not changed.</param>
    /// <param name="options">What to take on.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    public static CompactionReport Plan(LogContext context, CommittedState state, CompactionOptions options, CancellationToken cancellationToken)
    {
        PlannedTarget target = new(context, state.TransactionId is { } last ? last + 1 : 0);
        CompactionPass pass = new(context, state.Index, state.Usage!.Clone(), state.SavedTransactionId, state.TransactionId, target, options);
        long before = TotalBytes(context.Store, state.TransactionId);
        IReadOnlyList<CompactedSegment> segments = pass.Run(cancellationToken);
        return new CompactionReport
        {
            IsPlan = true,
            Segments = segments,
            BytesBefore = before,
            BytesAfter = before + target.BytesWritten - target.BytesRemoved,
            TransactionId = pass.LastCommit ?? state.TransactionId,
        };
    }

    /// <summary>Compacts, after the changes of a transaction are committed and before its index is saved.</summary>
    /// <param name="transaction">The transaction; nothing of it may be uncommitted.</param>
    /// <param name="committed">Its last COMMIT; null if it wrote none.</param>
    /// <param name="options">What to take on.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    /// <exception cref="OperationCanceledException">What was committed so far holds, the rest is an aborted transaction.</exception>
    public static CompactionReport Run(Transaction transaction, uint? committed, CompactionOptions options, CancellationToken cancellationToken)
    {
        LogContext context = transaction.Context;

        // Which DELETEs may be dropped depends on the saved index. Who saved it may have died before its name was durable.
        context.Services.FileSystem.SyncDirectory(context.Path);
        long before = TotalBytes(context.Store, null);
        CompactionPass pass = new(
            context,
            transaction.Index,
            transaction.Usage,
            transaction.SavedTransactionId,
            context.Store.FindLatest(),
            new SegmentTarget(transaction),
            options);
        IReadOnlyList<CompactedSegment> segments = pass.Run(cancellationToken);
        return new CompactionReport
        {
            IsPlan = false,
            Segments = segments,
            BytesBefore = before,
            BytesAfter = TotalBytes(context.Store, null),
            TransactionId = pass.LastCommit ?? committed,
        };
    }

    // A plan does not count what an aborted transaction left: beginning the real one removes it first.
    private static long TotalBytes(SegmentStore store, uint? upTo)
    {
        long total = 0;
        foreach (SegmentFile file in store.Enumerate())
        {
            total += upTo is { } last && file.Number > last ? 0 : store.GetLength(file.Number);
        }

        return total;
    }
}
