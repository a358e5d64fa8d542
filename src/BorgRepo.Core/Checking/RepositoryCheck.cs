using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Checking;

/// <summary>
/// Verifies a repository.
/// 1. List what is there, and find where the log ends.
/// 2. Load the index that should belong to it.
/// 3. Read the log, on several threads: every entry is verified, damage is narrowed down to ranges.
/// 4. Compare the log with the index in both directions, and with hints.
/// 5. If asked to, repair, or say what a repair would do.
/// Nothing is written but by a repair.
/// </summary>
/// <param name="context">The repository.</param>
/// <param name="options">How much, and whether to repair.</param>
/// <param name="onFinding">Receives each finding when it is made.</param>
/// <param name="alone">Runs the repair while nobody else uses the session.</param>
internal sealed class RepositoryCheck(LogContext context, CheckOptions options, Action<Finding> onFinding, Action<Action> alone)
{
    private readonly List<ObjectId> _lost = [];
    private readonly HashSet<ObjectId> _named = [];
    private int _errors;
    private int _warnings;
    private bool _isBeyondRepair;

    /// <summary>Runs.</summary>
    /// <param name="resumeAfter">For a partial check: the last segment that the one before checked.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    public CheckResult Run(uint? resumeAfter, CancellationToken cancellationToken)
    {
        TimeProvider time = context.Services.Environment.Time;
        long started = time.GetTimestamp();
        List<SegmentFile> segments = LayoutCheck.List(context.Services.FileSystem, context.Store, Report);
        LogEnd end = LogEnd.Find(context, segments, Report, cancellationToken);
        using HashIndex? stored = options.IsWhole ? LoadIndex(end) : null;
        using HashIndex? rebuilt = options.Repair && !options.PlanOnly && !end.NeedsCommit ? new HashIndex(stored?.Count ?? 0) : null;
        using HashIndex empty = new();
        LogComparison? comparison = options.IsWhole ? new LogComparison(stored ?? empty) : null;

        List<(SegmentFile File, long Length)> chosen = [.. segments
            .Where(file => file.Number <= end.Last && options.Segments?.Contains(file.Number) != false && (resumeAfter is not { } last || file.Number > last))
            .Select(file => (file, context.Store.GetLength(file.Number)))];
        uint? stoppedAt = null;
        SegmentSurvey survey = new(
            context.Services,
            comparison,
            range => Identify(range, stored),
            Report,
            segment =>
            {
                bool isOver = options.MaxDuration is { } limit && time.GetElapsedTime(started) > limit;
                stoppedAt = isOver ? segment : null;
                return !isOver;
            })
        {
            TotalBytes = chosen.Sum(segment => segment.Length),
            Rebuilt = rebuilt is null ? null : new Replay(context, rebuilt, new SegmentUsage(), options.Workers),
        };
        SegmentReadMode mode = options.Quick ? SegmentReadMode.Headers : SegmentReadMode.Verify;
        new SegmentPipeline(context.Services.FileSystem, mode, options.Workers, (id, location) => IsAt(stored, id, location))
            .Run(chosen, survey, cancellationToken);

        if (comparison is not null && stored is not null)
        {
            Judge(stored, comparison, survey, end, cancellationToken);
        }

        IReadOnlyList<RepairAction> repairs = [];
        uint? transactionId = end.Committed;
        if (options.Repair && !_isBeyondRepair)
        {
            Repair repair = new(context, options, survey.Damaged, end, survey.Rebuilt);
            if (options.PlanOnly)
            {
                repairs = repair.Plan();
            }
            else
            {
                alone(() => repairs = repair.Execute(out transactionId, cancellationToken));
            }
        }

        return new CheckResult
        {
            Conclusion = Conclude(),
            TransactionId = transactionId,
            SegmentCount = survey.SegmentCount,
            EntryCount = survey.EntryCount,
            ObjectCount = comparison?.ObjectCount,
            Bytes = survey.Bytes,
            ErrorCount = _errors,
            WarningCount = _warnings,
            Duration = time.GetElapsedTime(started),
            LastSegmentChecked = stoppedAt,
            Repairs = repairs,
            LostObjects = _lost,
        };
    }

    private static bool IsAt(HashIndex? stored, in ObjectId id, EntryLocation location) =>
        stored is not null && stored.TryGet(id, out EntryLocation known) && known == location;

    private void Report(Finding finding)
    {
        _errors += finding.Severity == FindingSeverity.Error ? 1 : 0;
        _warnings += finding.Severity == FindingSeverity.Warning ? 1 : 0;

        // Such as a segment of borg 2, or one in a wrong place: all the rest of a repair would be built on sand.
        _isBeyondRepair |= finding is { Severity: FindingSeverity.Error, IsRepairable: false };
        onFinding(finding);
    }

    // The key in a damaged entry may be damaged too. If the index has that key exactly here, it is the right one.
    private ObjectId? Identify(DamagedRange range, HashIndex? stored)
    {
        if (range.Key is { } key && IsAt(stored, key, new EntryLocation(range.Segment, (uint)range.Start)))
        {
            _named.Add(key);
            return key;
        }

        return null;
    }

    private HashIndex? LoadIndex(LogEnd end)
    {
        if (end.Indexed is not { } indexed)
        {
            if (end.Committed is not null)
            {
                Report(new Finding(FindingKind.IndexMissing, FindingSeverity.Warning, "There is no index. The next use rebuilds it from all segments.") { IsRepairable = true });
            }

            return null;
        }

        if (end.Committed is not null && indexed < end.Last)
        {
            Report(new Finding(
                FindingKind.IndexOutdated,
                FindingSeverity.Warning,
                $"The index is of transaction {indexed}, the last one is {end.Last}. The next use replays the segments between them.")
            {
                IsRepairable = true,
            });
            return null;
        }

        // Newer than the segments and nothing to prove it right: not to be compared with.
        if (indexed > end.Committed && end.Last == end.Committed)
        {
            return null;
        }

        try
        {
            return context.Indexes.LoadIndex(indexed);
        }
        catch (IndexCorruptException error)
        {
            // One that cannot be read is rebuilt at the next use. One that only contradicts itself would be used by borg.
            FindingSeverity severity = error.IsMisleading ? FindingSeverity.Error : FindingSeverity.Warning;
            Report(new Finding(FindingKind.IndexCorrupt, severity, error.Message) { IsRepairable = true });
            return null;
        }
    }

    private void Judge(HashIndex stored, LogComparison comparison, SegmentSurvey survey, LogEnd end, CancellationToken cancellationToken)
    {
        IndexJudgement judgement = new(stored, comparison, context.Store, survey.Damaged, Report);
        judgement.Run(_named, cancellationToken);
        _lost.AddRange(judgement.Lost);
        HintsJudgement.Run(context, end.Indexed!.Value, comparison, Report);
    }

    private CheckConclusion Conclude()
    {
        if (_errors == 0)
        {
            return options.IsWhole && !options.Quick ? CheckConclusion.Sound : CheckConclusion.PartlyChecked;
        }

        return !options.Repair ? CheckConclusion.Damaged
            : _isBeyondRepair ? CheckConclusion.NotRepairable
            : options.PlanOnly ? CheckConclusion.RepairPlanned
            : CheckConclusion.Repaired;
    }
}
