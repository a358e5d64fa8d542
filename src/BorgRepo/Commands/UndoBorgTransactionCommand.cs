using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>Drops the changes of an open session that were not committed.</summary>
[Cmdlet(VerbsCommon.Undo, "BorgTransaction", SupportsShouldProcess = true)]
[OutputType(typeof(BorgTransaction))]
public sealed class UndoBorgTransactionCommand : SessionCmdlet
{
    private protected override void EndTransaction(RepositoryLease session)
    {
        if (ShouldProcess(session.Objects.Path, "Drop the changes of the transaction"))
        {
            session.Objects.Rollback();
            WriteObject(Describe(session, (session.Objects as Core.Repository)?.TransactionId, BorgTransactionState.RolledBack));
        }
    }
}
