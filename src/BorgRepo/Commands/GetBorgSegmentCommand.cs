using System.Management.Automation;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Segments;

namespace BorgRepo.Commands;

/// <summary>Lists segments with what is live and dead in each. Reads headers only.</summary>
[Cmdlet(VerbsCommon.Get, "BorgSegment", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgSegment))]
public sealed class GetBorgSegmentCommand : ReadingRepositoryCmdlet
{
    /// <summary>Numbers and ranges, for example 17, 20..30.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[]? Segment { get; set; }

    private protected override void Read(RepositoryLease repository)
    {
        SegmentSelection? chosen = SegmentArgument.Parse(Segment);
        foreach (SegmentInfo info in repository.Engine.GetSegments(chosen, Stopped))
        {
            WriteObject(new BorgSegment(repository.Source, repository.Engine.Path, info));
        }
    }
}
