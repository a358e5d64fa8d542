using System.Management.Automation;
using BorgRepo.Core.Storage;

namespace BorgRepo.Commands;

/// <summary>Base of the cmdlets that end the transaction of an open session.</summary>
public abstract class SessionCmdlet : BorgCmdlet
{
    /// <summary>The session.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public BorgRepository? Repository { get; set; }

    private protected sealed override void Process()
    {
        CurrentItem = Repository!.Path;
        using RepositoryLease lent = Repository.Lend(this);
        if (lent.Objects.InTransaction)
        {
            EndTransaction(lent);
        }
        else
        {
            WriteVerbose($"{Repository.Path}: no transaction is under way.");
        }
    }

    /// <summary>Ends the transaction.</summary>
    private protected abstract void EndTransaction(RepositoryLease session);

    private protected static BorgTransaction Describe(RepositoryLease session, uint? id, BorgTransactionState state) => new(
        session.Source,
        session.Objects.Path,
        id,
        state,
        SystemEnvironment.Instance.Time.GetUtcNow().UtcDateTime,
        session.Objects.Count);
}
