using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>
/// Compacts: copies what is needed out of sparse segments and removes them. With -WhatIf the plan is emitted, exact to the
/// byte, and nothing is written.
/// </summary>
[Cmdlet(VerbsData.Compress, "BorgSegments", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[Alias("Compress-BorgSegment")]
[OutputType(typeof(BorgCompactionResult))]
public sealed class CompressBorgSegmentsCommand : RemoteRepositoryCmdlet
{
    /// <summary>Percent of a segment that must be freeable for it to be rewritten.</summary>
    [Parameter]
    [ValidateRange(0.0, 100.0)]
    public double Threshold { get; set; } = 10;

    /// <summary>Remove all segments that hold nothing but an old COMMIT.</summary>
    [Parameter]
    public SwitchParameter RemoveEmptyCommits { get; set; }

    /// <summary>Measure all segments instead of believing hints, and rewrite each that can give up anything.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Sessions that write as borg 1.0 only: free old segments as early as possible. Otherwise that is always done.</summary>
    [Parameter]
    public SwitchParameter SaveSpace { get; set; }

    /// <summary>Which release's habits to write by. A session writes as it was opened.</summary>
    [Parameter]
    public BorgWriteFormat WriteFormat { get; set; }

    private protected override WriteFormat FormatToWrite => (WriteFormat)(int)WriteFormat;

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        if (target.Session is { } session && session.WriteFormat != WriteFormat && MyInvocation.BoundParameters.ContainsKey(nameof(WriteFormat)))
        {
            throw new InputException("InvalidParameterCombination", $"The session writes as {session.WriteFormat}. Open another one with -WriteFormat.", session.Path);
        }

        if (target.IsRemote)
        {
            CompressRemote(target);
            return;
        }

        CompactionOptions options = new()
        {
            Threshold = Threshold / 100,
            RemoveEmptyCommits = RemoveEmptyCommits,
            All = All,
            SaveSpace = SaveSpace,
            SkipUseless = true,
        };
        RefuseAppendOnly(target, "compaction (it would make earlier transactions unreachable)");
        Consent consent = this.Ask(target.Path, "Compact segments");
        if (consent == Consent.Declined)
        {
            return;
        }

        long started = TimeProvider.System.GetTimestamp();
        bool isPlan = consent == Consent.PlanOnly;
        using RepositoryLease repository = Open(target, isPlan ? SessionAccess.ReadNoLock : SessionAccess.Write);
        CompactionReport report = isPlan
            ? repository.Engine.PlanCompaction(options, Stopped)
            : repository.Engine.Compact(options, Stopped);
        WriteObject(new BorgCompactionResult(repository.Source, target.Path, report, TimeProvider.System.GetElapsedTime(started)));
    }

    // The server does the work, and says in its own words what it gained.
    private void CompressRemote(RepositoryTarget target)
    {
        if (All)
        {
            throw new InputException("RemoteNotSupported", $"{target.Path} is behind a server, which measures nothing anew: -All is not for it.", target.Path);
        }

        RequireRepository(target);
        if (ShouldProcess(target.Path, "Compact segments"))
        {
            using RepositoryLease repository = Open(target, SessionAccess.Write);
            repository.Remote!.Compact(Threshold / 100, RemoveEmptyCommits, SaveSpace, Stopped);
        }
    }
}
