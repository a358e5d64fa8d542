using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Transactions;

/// <summary>
/// Brings the committed state into memory, healing index and hints where they are missing, old or damaged: the log is the
/// truth, they are caches.
/// 1. Find the last transaction in the segments and the newest saved index.
/// 2. If the table of <see cref="RecoveryDecision"/> says "load", load; a damaged file turns this into "rebuild".
/// 3. To replay or rebuild, the exclusive lock is needed: take it, then begin again at 1, since the former holder may have
///    done the work.
/// 4. Make the segments durable, apply them, save the result as the generation of that transaction. Without a lock nothing
/// is saved.
/// A crash at any point leaves the log as it was, and the next open does the same again.
/// </summary>
/// <param name="context">The repository.</param>
/// <param name="takeExclusiveLock">Takes the exclusive lock if it is not held yet; returns true if it had to be taken now. Null: nothing may be written.</param>
public sealed class Recovery(LogContext context, Func<CancellationToken, bool>? takeExclusiveLock)
{
    /// <summary>Loads the state for reading, or with its usage for writing.</summary>
    /// <exception cref="CheckNeededException">There is an index but no transaction at all.</exception>
    /// <exception cref="IntegrityException">A rebuild met a damaged segment.</exception>
    public CommittedState Load(bool withUsage, CancellationToken cancellationToken)
    {
        while (true)
        {
            uint? indexed = context.Indexes.FindLatest();
            uint? committed = context.Store.FindLatestCommitted(cancellationToken);
            RecoveryAction action = RecoveryDecision.Decide(indexed, committed);
            switch (action)
            {
                case RecoveryAction.StartEmpty:
                    return new CommittedState(null, new HashIndex(), new SegmentUsage());
                case RecoveryAction.Refuse:
                    throw new CheckNeededException(context.Path, $"There is an index of transaction {indexed}, but no segment is committed.");
                case RecoveryAction.Load when TryLoad(committed!.Value, withUsage, cancellationToken) is { } state:
                    return state;
                default:
                    break;
            }

            // An index is only saved after its COMMIT is durable. If segments are there that the index counts and no COMMIT
            // covers, a COMMIT was lost: saving an older index, and then writing, would destroy what can be brought back.
            bool lostCommit = indexed > committed && HasEntriesBetween(committed.Value, indexed.Value);
            if (!lostCommit && takeExclusiveLock?.Invoke(cancellationToken) == true)
            {
                continue;
            }

            uint? from = action == RecoveryAction.Replay ? indexed : null;
            return Rebuild(from, committed!.Value, save: takeExclusiveLock is not null && !lostCommit, cancellationToken) with
            {
                WriteRefusal = lostCommit ? $"There is an index of transaction {indexed}, but the last committed one is {committed}, and there are segments after it: a COMMIT is lost." : null,
            };
        }
    }

    /// <summary>Adds the usage to a state that was loaded for reading; the index is not read again.</summary>
    public CommittedState AddUsage(CommittedState state, CancellationToken cancellationToken)
    {
        if (state.TransactionId is not { } transactionId || state.Usage is not null)
        {
            return state;
        }

        try
        {
            return state with { Usage = LoadUsage(transactionId, state.Index, cancellationToken) };
        }
        catch (HintsCorruptException)
        {
            // Told and healed by loading anew.
            state.Dispose();
            return Load(withUsage: true, cancellationToken);
        }
    }

    private CommittedState? TryLoad(uint transactionId, bool withUsage, CancellationToken cancellationToken)
    {
        HashIndex? index = null;
        try
        {
            index = context.Indexes.LoadIndex(transactionId);
            SegmentUsage? usage = withUsage ? LoadUsage(transactionId, index, cancellationToken) : null;
            CommittedState state = new(transactionId, index, usage);
            index = null;
            return state;
        }
        catch (BorgRepositoryException error) when (error is IndexCorruptException or HintsCorruptException)
        {
            context.Services.Notify(NoticeLevel.Warning, error.Message);
            return null;
        }
        finally
        {
            index?.Dispose();
        }
    }

    // Behind the indexed transaction stands at most an interrupted one.
    private bool HasEntriesBetween(uint committed, uint indexed) => context.Store.EnumerateDescending()
        .TakeWhile(file => file.Number > committed)
        .Any(file => file.Number <= indexed && context.Store.GetLength(file.Number) > LogEntry.MagicSize);

    private CommittedState Rebuild(uint? from, uint upTo, bool save, CancellationToken cancellationToken)
    {
        CommittedState? start = from is { } last ? TryLoad(last, withUsage: true, cancellationToken) : null;
        context.Services.Notify(
            NoticeLevel.Warning,
            start is null
                ? $"The index of transaction {upTo} is missing or unusable: rebuilding it from all segments. This may take long."
                : $"The index is of transaction {from}, the last one is {upTo}: replaying the segments after it.");
        HashIndex index = start?.Index ?? new HashIndex();
        SegmentUsage usage = start?.Usage ?? new SegmentUsage();
        try
        {
            if (save)
            {
                // Whoever wrote them may have died before syncing them, or the removal of others. All reads well as long as the
                // machine runs, but an index, and transactions after it, must not outlive what they build upon.
                context.Store.MakeDurable(start?.TransactionId, upTo);
            }

            new Replay(context, index, usage, context.Workers).Run(start?.TransactionId, upTo, cancellationToken);
            if (save)
            {
                Checkpoint.Save(context, upTo, index, usage);
            }

            return new CommittedState(upTo, index, usage);
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    private SegmentUsage LoadUsage(uint transactionId, HashIndex index, CancellationToken cancellationToken)
    {
        SegmentUsage usage = context.Indexes.LoadHints(transactionId);
        UsageAudit.Complete(context, usage, index, cancellationToken);
        return usage;
    }
}
