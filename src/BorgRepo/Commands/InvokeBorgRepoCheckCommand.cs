using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Checking;

namespace BorgRepo.Commands;

/// <summary>
/// Verifies repositories, and repairs them if asked to. Findings come as they are made, the result comes last.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "BorgRepoCheck", DefaultParameterSetName = PathSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(BorgCheckFinding), typeof(BorgCheckResult))]
public sealed class InvokeBorgRepoCheckCommand : RemoteRepositoryCmdlet
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

    /// <summary>Check these segments only: numbers and ranges, for example 17, 20..30.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[]? Segment { get; set; }

    /// <summary>Read headers only: fast, but no checksum is computed and values may be damaged all the same.</summary>
    [Parameter]
    public SwitchParameter Quick { get; set; }

    /// <summary>How many segments are read at once; all cores by default.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = Environment.ProcessorCount;

    /// <summary>Take no lock and write nothing at all.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    private protected override void Begin()
    {
        bool limited = MaxDuration > 0 || Segment is not null || Quick;
        if (Repair && (limited || NoLock))
        {
            throw new InputException(
                "InvalidParameterCombination",
                "A repair needs the whole log and the lock: -Repair excludes -MaxDuration, -Segment, -Quick and -NoLock.",
                "Repair",
                ErrorCategory.InvalidArgument);
        }
    }

    private protected override void ProcessRepository(RepositoryTarget target)
    {
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
            Segments = SegmentArgument.Parse(Segment),
            Quick = Quick,
            Workers = ThrottleLimit,
        };
        if (Repair)
        {
            RequireRepository(target);
            options = options with { PlanOnly = !ShouldProcess(target.Path, "Repair what a check finds") };
        }

        bool readsOnly = NoLock || options.PlanOnly;
        using RepositoryLease repository = Open(target, readsOnly ? SessionAccess.ReadNoLock : SessionAccess.Write);
        CheckResult result = repository.Engine.Check(
            options,
            finding => WriteObject(new BorgCheckFinding(repository.Source, target.Path, finding)),
            Stopped);
        WriteObject(new BorgCheckResult(repository.Source, target.Path, result));
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
