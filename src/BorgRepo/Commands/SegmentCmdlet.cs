using System.Management.Automation;
using BorgRepo.Completers;
using BorgRepo.Core.Segments;

namespace BorgRepo.Commands;

/// <summary>
/// Base of the cmdlets that look at segments, all of them or a choice. Segments that come through the pipeline are
/// collected, so that each repository is opened once for all of them, after the cmdlet before has released its lock.
/// </summary>
public abstract class SegmentCmdlet : LockingRepositoryCmdlet
{
    private readonly TargetGroups<string[]> _piped = new();
    private SegmentSelection? _given;

    /// <summary>These segments only: numbers and ranges, for example 17, 20..30.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SegmentCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Segment { get; set; }

    /// <summary>Take no lock and write nothing at all.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    private protected override void Begin() => _given = Parse(Segment);

    private protected sealed override void ProcessRepository(RepositoryTarget target)
    {
        if (_given is null && Segment is not null)
        {
            _piped.Add(target, Segment);
        }
        else
        {
            Look(target, _given);
        }
    }

    private protected sealed override void End()
    {
        foreach (RepositoryTarget target in _piped.Targets)
        {
            try
            {
                Look(target, Parse(_piped.ItemsOf(target).SelectMany(static texts => texts)));
            }
            catch (Exception error) when (ErrorMapping.IsExpected(error))
            {
                WriteItemError(error);
            }
        }
    }

    /// <summary>Looks at one repository.</summary>
    /// <param name="target">The repository.</param>
    /// <param name="segments">Which segments; null for all.</param>
    private protected abstract void Look(RepositoryTarget target, SegmentSelection? segments);

    private static SegmentSelection? Parse(IEnumerable<string>? texts)
    {
        try
        {
            return texts is null ? null : SegmentSelection.Parse(texts);
        }
        catch (FormatException error)
        {
            throw new InputException("InvalidSegment", error.Message, texts);
        }
    }
}
