using BorgRepo.Core.Inspection;

namespace BorgRepo.Reports;

/// <summary>What a report shows.</summary>
/// <param name="Health">Measurements.</param>
/// <param name="Segments">Each segment.</param>
/// <param name="Transactions">Transactions as far as the disk tells.</param>
/// <param name="ObjectSizes">Sizes of all current objects, as counts by power of two: element n counts sizes below 2^n.</param>
/// <param name="Findings">Findings of a check.</param>
/// <param name="Check">Result of that check; null if none was passed in.</param>
internal sealed record ReportData(
    BorgHealth Health,
    IReadOnlyList<SegmentInfo> Segments,
    IReadOnlyList<TransactionInfo> Transactions,
    IReadOnlyList<long> ObjectSizes,
    IReadOnlyList<BorgCheckFinding> Findings,
    BorgCheckResult? Check);
