using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>Lists transactions: those that an append-only repository logged, and those whose COMMIT is on the disk.</summary>
[Cmdlet(VerbsCommon.Get, "BorgTransaction", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgTransaction))]
public sealed class GetBorgTransactionCommand : ReadingRepositoryCmdlet
{
    private BorgTransaction[] _read = [];

    private protected override void Read(RepositoryLease repository) =>
        _read = [.. repository.Engine.GetTransactions(Stopped).Select(info => BorgTransaction.FromHistory(repository.Source, repository.Engine.Path, info))];

    private protected override void Emit()
    {
        foreach (BorgTransaction transaction in _read)
        {
            WriteObject(transaction);
        }
    }
}
