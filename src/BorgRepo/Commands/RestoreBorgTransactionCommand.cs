using System.Management.Automation;
using BorgRepo.Core;

namespace BorgRepo.Commands;

/// <summary>Goes back to an earlier transaction of an append-only repository. Newer segments are moved aside, nothing is deleted.</summary>
[Cmdlet(VerbsData.Restore, "BorgTransaction", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(BorgTransaction))]
public sealed class RestoreBorgTransactionCommand : LockingRepositoryCmdlet
{
    /// <summary>The transaction to go back to.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Transaction")]
    public uint TransactionId { get; set; }

    /// <summary>Go back in a repository that is not append-only too, whatever compaction may have removed.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        RequireRepository(target);
        if (!ShouldProcess(target.Path, $"Go back to transaction {TransactionId}, moving newer segments aside"))
        {
            return;
        }

        using RepositoryLease repository = Open(target, SessionAccess.Write);
        string aside = repository.Engine.RestoreTransaction(TransactionId, Force, Stopped);
        WriteVerbose($"What was newer is kept in {aside}.");
        WriteObject(new BorgTransaction(
            repository.Source, target.Path, repository.Engine.TransactionId, BorgTransactionState.Committed, null, repository.Engine.Count));
    }
}
