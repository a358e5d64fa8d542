using System.Management.Automation;
using BorgRepo.Core;
using Engine = BorgRepo.Core.Repository;

namespace BorgRepo.Commands;

/// <summary>Tells whether there is a repository and whether it may be opened for reading now.</summary>
[Cmdlet(VerbsDiagnostic.Test, "BorgRepository", DefaultParameterSetName = PathSet)]
[OutputType(typeof(bool))]
public sealed class TestBorgRepositoryCommand : RemoteRepositoryCmdlet
{
    /// <summary>Look only whether there is a usable config.</summary>
    [Parameter]
    public SwitchParameter Quick { get; set; }

    /// <summary>Take no lock and write nothing: a repository that somebody has locked counts as one that may be opened.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    private protected override bool ExpandsToRepositoriesOnly => false;

    private protected override void ProcessRepository(RepositoryTarget target) => WriteObject(Test(target));

    private bool Test(RepositoryTarget target)
    {
        if (target.Session is { } session)
        {
            return session.IsOpen;
        }

        // Behind a server, to connect and to open is the least there is.
        if (Quick && !target.IsRemote)
        {
            return Engine.IsRepository(target.Path, Services);
        }

        try
        {
            using RepositoryLease repository = Open(target, NoLock || Quick ? SessionAccess.ReadNoLock : SessionAccess.Read);
            return true;
        }
        catch (Exception error) when (ErrorMapping.IsExpected(error))
        {
            WriteVerbose(error.Message);
            return false;
        }
    }
}
