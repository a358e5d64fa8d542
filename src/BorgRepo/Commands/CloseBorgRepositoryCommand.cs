using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>Closes sessions. Changes that were not committed are undone, with a warning. Closing twice does nothing.</summary>
[Cmdlet(VerbsCommon.Close, "BorgRepository")]
public sealed class CloseBorgRepositoryCommand : BorgCmdlet
{
    /// <summary>The session.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public BorgRepository[] Repository { get; set; } = [];

    private protected override void Process()
    {
        foreach (BorgRepository session in Repository)
        {
            if (session.InTransaction)
            {
                WriteWarning($"{session.Path}: the changes of the transaction under way are undone. Complete-BorgTransaction would have kept them.");
            }

            session.Dispose();
        }
    }
}
