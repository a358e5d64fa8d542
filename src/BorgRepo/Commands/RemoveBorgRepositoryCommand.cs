using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Errors;

namespace BorgRepo.Commands;

/// <summary>Destroys repositories with all that is in them. Refused when they are append-only.</summary>
[Cmdlet(VerbsCommon.Remove, "BorgRepository", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveBorgRepositoryCommand : RemoteRepositoryCmdlet
{
    private protected override void ProcessRepository(RepositoryTarget target)
    {
        RefuseAppendOnly(target);
        if (!ShouldProcess(target.Path, "Destroy repository and all objects in it"))
        {
            return;
        }

        using RepositoryLease repository = Open(target, SessionAccess.Write);
        repository.Objects.Destroy();
    }

    // Before anybody is asked, and so that -WhatIf tells it too; the engine looks again, under the lock.
    private void RefuseAppendOnly(RepositoryTarget target)
    {
        using RepositoryLease repository = Open(target, SessionAccess.ReadNoLock);
        if (repository.Objects is Core.Repository { AppendOnly: true })
        {
            throw new AppendOnlyException(target.Path, "destroying it");
        }
    }
}
