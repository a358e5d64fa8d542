using System.Management.Automation;
using BorgRepo.Core;

namespace BorgRepo.Commands;

/// <summary>Compares the objects of two repositories: only here, only there, different.</summary>
[Cmdlet(VerbsData.Compare, "BorgRepository", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgDifference))]
public sealed class CompareBorgRepositoryCommand : RemoteRepositoryCmdlet
{
    /// <summary>The repository to compare with: a path, an open session, or an object about a repository.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [RepositoryTransformation]
    [ValidateNotNull]
    public BorgRepository? DifferenceRepository { get; set; }

    /// <summary>Read all values and compare them, instead of sizes and checksums.</summary>
    [Parameter]
    public SwitchParameter CompareContent { get; set; }

    /// <summary>Emit what is the same, too.</summary>
    [Parameter]
    public SwitchParameter IncludeEqual { get; set; }

    /// <summary>Take no locks and write nothing.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        SessionAccess access = NoLock ? SessionAccess.ReadNoLock : SessionAccess.Read;
        BorgRepository other = DifferenceRepository!;
        RepositoryTarget otherTarget = new(other.Path, other.IsReference ? null : other);
        using RepositoryLease reference = OpenIndexed(target, access);
        using RepositoryLease difference = OpenIndexed(otherTarget, access);
        RepositoryComparison comparison = new(reference.Objects, difference.Objects, CompareContent)
        {
            Progress = (done, total) => ReportProgress($"Comparing with {otherTarget.Path}", target.Path, done, total),
        };
        foreach (ObjectDifference found in comparison.Run(Stopped))
        {
            if (found.Kind != DifferenceKind.Equal || IncludeEqual)
            {
                WriteObject(new BorgDifference(found, reference.Source, target.Path, difference.Source, otherTarget.Path));
            }
        }
    }
}
