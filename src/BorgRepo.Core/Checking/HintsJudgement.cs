using BorgRepo.Core.Hints;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Checking;

/// <summary>Compares hints with the log. Hints only ever cost time and space when they are wrong, so all of it is a warning.</summary>
internal static class HintsJudgement
{
    /// <summary>Loads and compares.</summary>
    public static void Run(LogContext context, uint transactionId, LogComparison comparison, Action<Finding> report)
    {
        SegmentUsage usage;
        try
        {
            usage = context.Indexes.LoadHints(transactionId);
        }
        catch (HintsCorruptException error)
        {
            bool missing = !context.Indexes.HasHints(transactionId);
            report(new Finding(missing ? FindingKind.HintsMissing : FindingKind.HintsCorrupt, FindingSeverity.Warning, error.Message) { IsRepairable = true });
            return;
        }

        foreach ((uint segment, long count) in usage.UseCounts)
        {
            long actual = comparison.UseCounts.GetValueOrDefault(segment);
            if (!context.Store.Exists(segment) && count != 0)
            {
                report(new Finding(FindingKind.HintsDanglingSegment, FindingSeverity.Warning, $"Hints count {count} objects in segment {segment}, which does not exist.")
                {
                    Segment = segment, IsRepairable = true,
                });
            }
            else if (count != actual)
            {
                Mismatch(segment, count, actual, report);
            }
        }

        foreach ((uint segment, long actual) in comparison.UseCounts)
        {
            if (actual != 0 && !usage.IsTracked(segment))
            {
                Mismatch(segment, 0, actual, report);
            }
        }
    }

    private static void Mismatch(uint segment, long count, long actual, Action<Finding> report) => report(
        new Finding(
            FindingKind.HintsUseCountMismatch,
            FindingSeverity.Warning,
            $"Hints count {count} objects in segment {segment}, the log has {actual}. Repair, or the next writer, counts anew.")
        {
            Segment = segment, IsRepairable = true,
        });
}
