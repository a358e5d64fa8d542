using System.Management.Automation;
using BorgRepo.Completers;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Commands;

/// <summary>Goes back to an earlier transaction of an append-only repository. Newer segments are moved aside, nothing is deleted.</summary>
// Everything is done at the end: only then is it known that one transaction is named for each repository, and that the
// cmdlet before has released its lock.
[Cmdlet(VerbsData.Restore, "BorgTransaction", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(BorgTransaction))]
public sealed class RestoreBorgTransactionCommand : LockingRepositoryCmdlet
{
    private const int MostIdsInText = 5;

    private readonly TargetGroups<uint?> _named = new();

    /// <summary>The transaction to go back to.</summary>
    // Nullable: what names no transaction must not be taken for transaction 0.
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TransactionIdCompleter))]
    [Alias("Transaction")]
    public uint? TransactionId { get; set; }

    /// <summary>Go back in a repository that is not append-only too, whatever compaction may have removed.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessRepository(RepositoryTarget target) => _named.Add(target, TransactionId);

    private protected override void End()
    {
        foreach (RepositoryTarget target in _named.Targets)
        {
            try
            {
                Restore(target, RequireOne(target));
            }
            catch (Exception error) when (ErrorMapping.IsExpected(error))
            {
                WriteItemError(error);
            }
        }
    }

    private uint RequireOne(RepositoryTarget target)
    {
        uint?[] ids = [.. _named.ItemsOf(target).Distinct()];
        return ids switch
        {
            [{ } id] => id,
            [null] => throw new InputException("InvalidTransaction", $"{target.Path} has no transaction to go back to.", target.Path),
            _ => throw new InputException(
                "AmbiguousTransaction",
                $"Several transactions are named for {target.Path}: {Join([.. ids.OfType<uint>()])}. Going back leads to one of them; nothing was done.",
                target.Path),
        };
    }

    private void Restore(RepositoryTarget target, uint id)
    {
        RestorePlan plan;
        using (RepositoryLease reader = Open(target, SessionAccess.ReadNoLock))
        {
            plan = reader.Engine.PlanRestore(id, Force, Stopped);
            if (plan.SegmentCount == 0)
            {
                WriteVerbose($"{target.Path}: nothing is newer than transaction {id}.");
                Emit(reader, null);
                return;
            }
        }

        if (!ShouldProcess(target.Path, Describe(plan)))
        {
            return;
        }

        using RepositoryLease repository = Open(target, SessionAccess.Write);
        RestoreOutcome outcome = repository.Engine.RestoreTransaction(id, Force, Stopped);
        WriteVerbose($"What was newer is kept in {outcome.AsideFolder}.");
        Emit(repository, outcome);
    }

    private void Emit(RepositoryLease repository, RestoreOutcome? outcome)
    {
        foreach (var info in repository.Engine.GetTransactions(Stopped).Where(static transaction => transaction.IsCurrent))
        {
            long? objects = outcome is null ? repository.Engine.Count : outcome.ObjectCount;
            WriteObject(BorgTransaction.FromHistory(repository.Source, repository.Engine.Path, info, objects, outcome?.AsideFolder));
        }
    }

    private static string Describe(RestorePlan plan)
    {
        string newer = plan.NewerTransactions.Count == 0 ? "no complete transaction" : $"transactions {Join(plan.NewerTransactions)}";
        return $"Go back to transaction {plan.TransactionId}: {plan.SegmentCount} newer segments ({ByteSize.Format(plan.Bytes)}, {newer}) are moved aside";
    }

    private static string Join(IReadOnlyList<uint> ids) => ids.Count <= MostIdsInText
        ? string.Join(", ", ids)
        : $"{string.Join(", ", ids.Take(MostIdsInText - 1))} ... {ids[^1]}";
}
