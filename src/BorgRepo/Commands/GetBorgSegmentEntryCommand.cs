using System.Management.Automation;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Segments;

namespace BorgRepo.Commands;

/// <summary>Lists the entries of the log in its order: superseded ones too, and damage in its place.</summary>
[Cmdlet(VerbsCommon.Get, "BorgSegmentEntry", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgSegmentEntry))]
public sealed class GetBorgSegmentEntryCommand : ReadingRepositoryCmdlet
{
    /// <summary>Numbers and ranges, for example 17, 20..30.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[]? Segment { get; set; }

    private protected override void Read(RepositoryLease repository)
    {
        SegmentSelection? chosen = SegmentArgument.Parse(Segment);
        foreach (EntryInfo info in repository.Engine.GetEntries(chosen, Stopped))
        {
            WriteObject(new BorgSegmentEntry(repository.Source, repository.Engine.Path, info));
        }
    }
}
