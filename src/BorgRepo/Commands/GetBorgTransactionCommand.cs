using System.Management.Automation;
using BorgRepo.Core.Inspection;

namespace BorgRepo.Commands;

/// <summary>Lists transactions: those that an append-only repository logged, and those whose COMMIT is on the disk.</summary>
[Cmdlet(VerbsCommon.Get, "BorgTransaction", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgTransaction))]
public sealed class GetBorgTransactionCommand : ReadingRepositoryCmdlet
{
    private protected override void Read(RepositoryLease repository)
    {
        foreach (TransactionInfo info in repository.Engine.GetTransactions())
        {
            Stopped.ThrowIfCancellationRequested();
            WriteObject(BorgTransaction.FromHistory(repository.Source, repository.Engine.Path, info));
        }
    }
}
