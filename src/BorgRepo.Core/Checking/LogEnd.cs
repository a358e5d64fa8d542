using BorgRepo.Core.Segments;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Checking;

/// <summary>
/// Where the log ends. Normally at the highest committed segment. Segments after it are an interrupted transaction, unless
/// there is proof that it was complete: a COMMIT at the end of a damaged segment, or a saved index of a later transaction,
/// which is only written after its COMMIT was durable. Then they are a part of the log that has lost its end.
/// </summary>
/// <param name="Committed">The highest committed segment; null if none is.</param>
/// <param name="Indexed">The newest saved index; null if there is none.</param>
/// <param name="Last">The last segment of the log, as repair would restore it; null if there are no segments.</param>
/// <param name="NeedsCommit">True if a COMMIT has to be added for the log to end there.</param>
internal sealed record LogEnd(uint? Committed, uint? Indexed, uint? Last, bool NeedsCommit)
{
    /// <summary>Finds it and reports what is not in order.</summary>
    public static LogEnd Find(LogContext context, List<SegmentFile> segments, Action<Finding> report, CancellationToken cancellationToken)
    {
        uint? indexed = context.Indexes.FindLatest();
        uint? committed = FindCommitted(context, segments, cancellationToken);
        List<SegmentFile> tail = [.. segments.Where(file => committed is not { } last || file.Number > last)];
        if (committed is null)
        {
            return WithoutCommit(indexed, segments, report);
        }

        bool damagedCommit = ReportDamagedCommits(context, tail, report, cancellationToken);
        bool lostCommit = indexed > committed && tail.Exists(file => context.Store.Exists(file.Number));
        if (lostCommit && !damagedCommit)
        {
            report(new Finding(
                FindingKind.MissingCommit,
                FindingSeverity.Error,
                $"There is an index of transaction {indexed}, but the segments after {committed} are not committed: a COMMIT is lost. Repair adds one; a writer would delete those segments.")
            {
                Segment = indexed, IsRepairable = true,
            });
        }
        else if (indexed > committed && !lostCommit)
        {
            report(new Finding(
                FindingKind.IndexTooNew,
                FindingSeverity.Warning,
                $"The index is of transaction {indexed}, the last committed one is {committed}, and no segments are after it (a restored or rolled back repository). The next use rebuilds the index.")
            {
                IsRepairable = true,
            });
        }

        if (damagedCommit || lostCommit)
        {
            return new LogEnd(committed, indexed, tail[^1].Number, NeedsCommit: true);
        }

        ReportUncommitted(tail, report);
        return new LogEnd(committed, indexed, committed, NeedsCommit: false);
    }

    private static uint? FindCommitted(LogContext context, List<SegmentFile> segments, CancellationToken cancellationToken)
    {
        for (int i = segments.Count - 1; i >= 0; i--)
        {
            if (CommitRule.IsCommitted(context.Services.FileSystem, segments[i], cancellationToken))
            {
                return segments[i].Number;
            }
        }

        return null;
    }

    private static LogEnd WithoutCommit(uint? indexed, List<SegmentFile> segments, Action<Finding> report)
    {
        if (segments.Count == 0)
        {
            report(new Finding(
                FindingKind.NoValidData,
                FindingSeverity.Error,
                indexed is null
                    ? "The repository holds no transaction yet. If it was just created, that is as it should be."
                    : $"There is an index of transaction {indexed}, but no segment at all. If data was moved away, bring it back; repair can only make an empty repository of it.")
            {
                IsRepairable = true,
            });
        }
        else
        {
            report(new Finding(
                FindingKind.MissingCommit,
                FindingSeverity.Error,
                $"{segments.Count} segments exist, but none is committed: an aborted first transaction, or all COMMITs are lost. Repair adds one, so that what is readable counts.")
            {
                Segment = segments[^1].Number, IsRepairable = true,
            });
        }

        return new LogEnd(null, indexed, segments.Count == 0 ? null : segments[^1].Number, NeedsCommit: true);
    }

    private static bool ReportDamagedCommits(LogContext context, List<SegmentFile> tail, Action<Finding> report, CancellationToken cancellationToken)
    {
        bool damagedCommit = false;
        foreach (SegmentFile file in tail)
        {
            if (CommitRule.IsDamagedCommit(context.Services.FileSystem, file, cancellationToken))
            {
                damagedCommit = true;
                report(new Finding(
                    FindingKind.DamagedCommit,
                    FindingSeverity.Error,
                    $"Segment {file.Number} ends with a COMMIT but is damaged, so its transaction does not count any more. Repair keeps its valid entries and its COMMIT; a writer without repair would delete it.")
                {
                    Segment = file.Number, Path = file.Path, IsRepairable = true,
                });
            }
        }

        return damagedCommit;
    }

    private static void ReportUncommitted(List<SegmentFile> tail, Action<Finding> report)
    {
        foreach (SegmentFile file in tail)
        {
            report(new Finding(
                FindingKind.UncommittedSegment,
                FindingSeverity.Information,
                $"Segment {file.Number} is after the last commit: the rest of an interrupted transaction. The next writer removes it.")
            {
                Segment = file.Number, Path = file.Path, IsRepairable = true,
            });
        }
    }
}
