using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Segments;

namespace BorgRepo.Commands;

/// <summary>Lists segments with what is live and dead in each. Reads headers only.</summary>
[Cmdlet(VerbsCommon.Get, "BorgSegment", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgSegment))]
public sealed class GetBorgSegmentCommand : SegmentCmdlet
{
    private protected override void Look(RepositoryTarget target, SegmentSelection? segments)
    {
        using RepositoryLease repository = Open(target, NoLock ? SessionAccess.ReadNoLock : SessionAccess.Read);
        foreach (SegmentInfo info in repository.Engine.GetSegments(segments, Stopped))
        {
            WriteObject(new BorgSegment(repository.Source, repository.Engine.Path, info));
        }
    }
}
