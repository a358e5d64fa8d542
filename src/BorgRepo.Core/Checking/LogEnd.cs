using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Checking;

/// <summary>
/// Where the log ends. Normally at the highest committed segment. Segments after it are an interrupted transaction, unless
/// there is proof that it was complete: a COMMIT at the end of a damaged segment, or a saved index of a later transaction,
/// which is only written after its COMMIT was durable. Then they are a part of the log that has lost its end. What stands
/// behind even that is an interrupted transaction again: half of one must never be made to count.
/// </summary>
/// <param name="Committed">The highest committed segment; null if none is.</param>
/// <param name="Indexed">The newest saved index; null if there is none.</param>
/// <param name="Last">The last segment of the log, as repair would restore it; null if there are no segments.</param>
/// <param name="NeedsCommit">True if the log has lost the COMMIT of its last transaction.</param>
/// <param name="Leftovers">Segments after the last one: an interrupted transaction.</param>
internal sealed record LogEnd(uint? Committed, uint? Indexed, uint? Last, bool NeedsCommit, IReadOnlyList<SegmentFile> Leftovers)
{
    /// <summary>Finds it and reports what is not in order.</summary>
    public static LogEnd Find(LogContext context, List<SegmentFile> segments, Action<Finding> report, CancellationToken cancellationToken)
    {
        uint? indexed = context.Indexes.FindLatest();
        uint? committed = FindCommitted(context, segments, cancellationToken);
        List<SegmentFile> tail = [.. segments.Where(file => committed is not { } last || file.Number > last)];
        uint? last = committed is { } number
            ? FindLast(context, number, indexed, tail, report, cancellationToken)
            : FindLastWithoutCommit(indexed, segments, report);
        List<SegmentFile> leftovers = [.. tail.Where(file => file.Number > last)];
        ReportUncommitted(leftovers, report);
        return new LogEnd(committed, indexed, last, NeedsCommit: committed is null || last > committed, leftovers);
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

    private static uint FindLast(
        LogContext context, uint committed, uint? indexed, List<SegmentFile> tail, Action<Finding> report, CancellationToken cancellationToken)
    {
        uint last = ReportDamagedCommits(context, tail, report, cancellationToken) ?? committed;
        if (indexed is not { } transaction || transaction <= committed)
        {
            return last;
        }

        // Those that the index knows of; a segment without any entry proves nothing.
        List<SegmentFile> known = [.. tail.Where(file => file.Number <= transaction && context.Store.GetLength(file.Number) > LogEntry.MagicSize)];
        if (known.Count == 0)
        {
            report(new Finding(
                FindingKind.IndexTooNew,
                FindingSeverity.Warning,
                $"The index is of transaction {transaction}, the last committed one is {committed}, and no segments of it are there (a restored or rolled back repository). The next use rebuilds the index.")
            {
                IsRepairable = true,
            });
        }
        else if (known[^1].Number > last)
        {
            report(new Finding(
                FindingKind.MissingCommit,
                FindingSeverity.Error,
                $"There is an index of transaction {transaction}, but the segments after {last} are not committed: a COMMIT is lost. Repair adds one; a writer would delete those segments.")
            {
                Segment = transaction, IsRepairable = true,
            });
            last = known[^1].Number;
        }

        return last;
    }

    private static uint? FindLastWithoutCommit(uint? indexed, List<SegmentFile> segments, Action<Finding> report)
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
            return null;
        }

        report(new Finding(
            FindingKind.MissingCommit,
            FindingSeverity.Error,
            $"{segments.Count} segments exist, but none is committed: an aborted first transaction, or all COMMITs are lost. Repair adds one, so that what is readable counts.")
        {
            Segment = segments[^1].Number, IsRepairable = true,
        });
        return segments.FindLast(file => file.Number <= indexed) is { Path: not null } known ? known.Number : segments[^1].Number;
    }

    private static uint? ReportDamagedCommits(LogContext context, List<SegmentFile> tail, Action<Finding> report, CancellationToken cancellationToken)
    {
        uint? last = null;
        foreach (SegmentFile file in tail)
        {
            if (CommitRule.IsDamagedCommit(context.Services.FileSystem, file, cancellationToken))
            {
                last = file.Number;
                report(new Finding(
                    FindingKind.DamagedCommit,
                    FindingSeverity.Error,
                    $"Segment {file.Number} ends with a COMMIT but is damaged, so its transaction does not count any more. Repair keeps its valid entries and its COMMIT; a writer without repair would delete it.")
                {
                    Segment = file.Number, Path = file.Path, IsRepairable = true,
                });
            }
        }

        return last;
    }

    private static void ReportUncommitted(IReadOnlyList<SegmentFile> leftovers, Action<Finding> report)
    {
        foreach (SegmentFile file in leftovers)
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
