using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Segments;

namespace BorgRepo.Commands;

/// <summary>Lists the entries of the log in its order: superseded ones too, and damage in its place.</summary>
[Cmdlet(VerbsCommon.Get, "BorgSegmentEntry", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgSegmentEntry))]
public sealed class GetBorgSegmentEntryCommand : SegmentCmdlet
{
    private protected override void Look(RepositoryTarget target, SegmentSelection? segments)
    {
        using RepositoryLease repository = Open(target, NoLock ? SessionAccess.ReadNoLock : SessionAccess.Read);
        foreach (EntryInfo info in repository.Engine.GetEntries(segments, Stopped))
        {
            WriteObject(new BorgSegmentEntry(repository.Source, repository.Engine.Path, info));
        }
    }
}
