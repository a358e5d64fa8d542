using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>Base of the cmdlets that work on whole repositories, one after the other.</summary>
public abstract class RepositoryCmdlet : LocationCmdlet
{
    /// <summary>Paths of repositories; wildcards are expanded.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public override string[]? Path { get; set; }

    /// <summary>Paths of repositories, taken as they are.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public override string[]? LiteralPath { get; set; }

    /// <summary>An open session, or an object about a repository.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = RepositorySet)]
    [RepositoryTransformation]
    [ValidateNotNull]
    public override BorgRepository? Repository { get; set; }

    private protected override bool GoesOnAfterError => true;

    private protected sealed override void Process()
    {
        foreach (RepositoryTarget target in GetTargets())
        {
            CurrentItem = target.Path;
            try
            {
                ProcessRepository(target);
            }
            catch (Exception error) when (GoesOnAfterError && ErrorMapping.IsExpected(error))
            {
                // An error of a cmdlet further down the pipeline comes wrapped, never as one of these types.
                WriteItemError(error);
            }
        }
    }

    /// <summary>Works on one repository. An error ends the work on this one only.</summary>
    private protected abstract void ProcessRepository(RepositoryTarget target);
}
