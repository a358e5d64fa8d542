using System.Management.Automation;
using BorgRepo.Core.Errors;

namespace BorgRepo.Commands;

/// <summary>Commits the transaction of an open session: when it returns, the changes are on the disk.</summary>
[Cmdlet(VerbsLifecycle.Complete, "BorgTransaction", SupportsShouldProcess = true)]
[OutputType(typeof(BorgTransaction))]
public sealed class CompleteBorgTransactionCommand : SessionCmdlet
{
    private protected override void EndTransaction(RepositoryLease session)
    {
        if (!ShouldProcess(session.Objects.Path, "Commit transaction"))
        {
            return;
        }

        uint? id;
        try
        {
            id = session.Objects.Commit(null, Stopped);
        }
        catch (IndexSaveException error)
        {
            // The changes are stored; only the next open will take longer.
            WriteWarning(error.Message);
            id = error.TransactionId;
        }

        WriteObject(Describe(session, id, BorgTransactionState.Committed));
    }
}
