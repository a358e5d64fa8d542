using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Transactions;

/// <summary>
/// Clears away what an interrupted transaction left behind, so that its segment numbers can be used again. It looks
/// before it deletes: a segment that carries a COMMIT but is damaged was a completed transaction, and may be salvaged.
/// </summary>
public static class TransactionStart
{
    /// <summary>Deletes the segments after the last transaction.</summary>
    /// <param name="context">The repository.</param>
    /// <param name="transactionId">The last transaction; null if there was none yet.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    /// <exception cref="CheckNeededException">What is there may be worth more than its space.</exception>
    public static void RemoveLeftovers(LogContext context, uint? transactionId, CancellationToken cancellationToken)
    {
        List<SegmentFile> leftovers = [.. context.Store.EnumerateDescending()
            .TakeWhile(file => transactionId is not { } last || file.Number > last)];
        if (leftovers.Count == 0)
        {
            return;
        }

        if (transactionId is null)
        {
            RefuseUncommittedEntries(context, leftovers);
        }
        else
        {
            RefuseDamagedCommits(context, leftovers, cancellationToken);
        }

        // Who left them may have removed the COMMIT that covered them, and died before that was durable.
        context.Store.SyncFolders();
        int deleted = context.Store.DeleteAbove(transactionId);
        context.Services.Notify(NoticeLevel.Information, $"Removed {deleted} segments of an interrupted transaction.");
    }

    // Without any commit nothing says whose these segments are: an aborted first transaction, or all that is left of a
    // repository that lost its commits. borg fails here too ("file exists"); check with repair commits what is readable.
    private static void RefuseUncommittedEntries(LogContext context, List<SegmentFile> leftovers)
    {
        foreach (SegmentFile file in leftovers)
        {
            if (context.Store.GetLength(file.Number) > LogEntry.MagicSize)
            {
                throw new CheckNeededException(
                    context.Path,
                    $"There is no committed transaction, but {leftovers.Count} segments exist ({leftovers[^1].Number} to {leftovers[0].Number}).");
            }
        }
    }

    private static void RefuseDamagedCommits(LogContext context, List<SegmentFile> leftovers, CancellationToken cancellationToken)
    {
        foreach (SegmentFile file in leftovers)
        {
            if (CommitRule.IsDamagedCommit(context.Services.FileSystem, file, cancellationToken))
            {
                throw new CheckNeededException(
                    context.Path,
                    $"Segment {file.Number} ends with a COMMIT but is damaged, so its transaction does not count any more, and writing would delete it.");
            }
        }
    }
}
