using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>Base of the cmdlets that work on objects of repositories. Ids, not repositories, come through the pipeline by value.</summary>
public abstract class ObjectCmdlet : LocationCmdlet
{
    private readonly HashSet<string> _checked = new(StringComparer.Ordinal);

    /// <summary>Paths of repositories; wildcards are expanded.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public override string[]? Path { get; set; }

    /// <summary>Paths of repositories, taken as they are.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralPathSet)]
    [Alias("PSPath", "FullName")]
    [FolderTransformation]
    [ValidateNotNullOrEmpty]
    public override string[]? LiteralPath { get; set; }

    /// <summary>An open session, or an object about a repository.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = RepositorySet)]
    [RepositoryTransformation]
    [ValidateNotNull]
    public override BorgRepository? Repository { get; set; }

    /// <summary>How many seconds to wait for the lock; -1 waits for ever.</summary>
    [Parameter]
    [ValidateRange(-1, int.MaxValue)]
    public int LockWait { get; set; } = 1;

    private protected override TimeSpan? LockTimeout => LockWait < 0 ? null : TimeSpan.FromSeconds(LockWait);

    /// <summary>
    /// Asks for leave to change an object. The repository is looked at first, without a lock: a wrong path is an error
    /// with -WhatIf too, and nobody is asked to confirm what cannot be done.
    /// </summary>
    private protected bool MayChange(RepositoryTarget target, string item, string action, out bool isWhatIf)
    {
        CurrentItem = item;
        if (target.Session is not null || _checked.Add(target.Path))
        {
            RequireRepository(target);
        }

        string place = $"{target.Path}, object {item}";
        string description = $"Performing the operation \"{action}\" on target \"{place}\".";
        bool leave = ShouldProcess(description, $"{description} Go on?", "Confirm", out ShouldProcessReason reason);
        isWhatIf = reason == ShouldProcessReason.WhatIf;
        return leave;
    }
}
