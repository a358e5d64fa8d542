using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Checking;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Segments;

namespace BorgRepo.Commands;

/// <summary>
/// Verifies repositories, and repairs them if asked to. Findings come as they are made, the result comes last.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "BorgRepoCheck", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(BorgCheckFinding), typeof(BorgCheckResult))]
public sealed class InvokeBorgRepoCheckCommand : SegmentCmdlet
{
    /// <summary>Repair what is found. With -WhatIf the result says what a repair would do, and nothing is written.</summary>
    [Parameter]
    public SwitchParameter Repair { get; set; }

    /// <summary>With -Repair: keep no copy of the segments that are changed.</summary>
    [Parameter]
    public SwitchParameter NoBackup { get; set; }

    /// <summary>Check for this many seconds at most; the next check with a limit goes on where this one stopped.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaxDuration { get; set; }

    /// <summary>Read headers only: fast, but no checksum is computed and values may be damaged all the same.</summary>
    [Parameter]
    public SwitchParameter Quick { get; set; }

    /// <summary>How many segments are read at once; all cores by default.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = Environment.ProcessorCount;

    /// <summary>The ssh command; BORG_RSH, or ssh, unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Rsh { get; set; }

    /// <summary>The borg on the server; BORG_REMOTE_PATH, or borg, unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RemotePath { get; set; }

    internal override RemoteOptions? Remote => GetRemoteOptions(Rsh, RemotePath);

    private protected override void Begin()
    {
        base.Begin();
        RefuseCombination(Segment is not null);
    }

    private protected override void Look(RepositoryTarget target, SegmentSelection? segments)
    {
        RefuseCombination(segments is not null);
        if (target.IsRemote)
        {
            CheckRemote(target);
            return;
        }

        CheckOptions options = new()
        {
            Repair = Repair,
            NoBackup = NoBackup,
            MaxDuration = MaxDuration > 0 ? TimeSpan.FromSeconds(MaxDuration) : null,
            Segments = segments,
            Quick = Quick,
            Workers = ThrottleLimit,
        };
        if (Repair)
        {
            RefuseAppendOnly(target, "a repair");
            Consent consent = this.Ask(target.Path, "Repair what a check finds");
            if (consent == Consent.Declined)
            {
                return;
            }

            options = options with { PlanOnly = consent == Consent.PlanOnly };
        }

        using RepositoryLease repository = Open(target, NoLock || options.PlanOnly ? SessionAccess.ReadNoLock : SessionAccess.Write);
        CheckResult result = repository.Engine.Check(
            options,
            finding => WriteObject(new BorgCheckFinding(repository.Source, target.Path, finding)),
            Stopped);
        if (result.LastSegmentChecked is { } last && !repository.Engine.HoldsExclusiveLock)
        {
            WriteWarning($"The check stopped after segment {last}. Nothing could be written to remember that: the next one begins at the same place as this one.");
        }

        WriteObject(new BorgCheckResult(repository.Source, target.Path, result));
    }

    private void RefuseCombination(bool hasSegments)
    {
        string? fault = Repair && (hasSegments || MaxDuration > 0 || Quick || NoLock)
            ? "A repair needs the whole log and the lock: -Repair excludes -MaxDuration, -Segment, -Quick and -NoLock."
            : hasSegments && MaxDuration > 0
            ? "-MaxDuration goes on where the check before it stopped; that does not fit a choice of segments."
            : null;
        if (fault is not null)
        {
            throw new InputException("InvalidParameterCombination", fault, null);
        }
    }

    // The server does the work and says what it finds; only whether all is well comes back.
    private void CheckRemote(RepositoryTarget target)
    {
        if (Segment is not null || Quick || NoLock || NoBackup)
        {
            throw new InputException(
                "RemoteNotSupported",
                $"{target.Path} is behind a server, which checks it in its own way: -Segment, -Quick, -NoLock and -NoBackup are not for it.",
                target.Path);
        }

        RequireRepository(target);
        if (Repair && !ShouldProcess(target.Path, "Repair what a check finds"))
        {
            return;
        }

        long started = TimeProvider.System.GetTimestamp();
        using RepositoryLease repository = Open(target, SessionAccess.Write);
        bool passed = repository.Remote!.Check(Repair, MaxDuration > 0 ? TimeSpan.FromSeconds(MaxDuration) : null, Stopped);
        CheckConclusion conclusion = !passed ? CheckConclusion.Damaged
            : Repair ? CheckConclusion.Repaired
            : MaxDuration > 0 ? CheckConclusion.PartlyChecked
            : CheckConclusion.Sound;
        WriteObject(new BorgCheckResult(repository.Source, target.Path, conclusion, passed, TimeProvider.System.GetElapsedTime(started)));
    }
}
