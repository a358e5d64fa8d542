using BorgRepo.Core.Format;

namespace BorgRepo.Core.Checking;

/// <summary>What a check did and found in all.</summary>
public sealed record CheckResult
{
    /// <summary>The outcome.</summary>
    public required CheckConclusion Conclusion { get; init; }

    /// <summary>The transaction up to which the log was read; null if there is none.</summary>
    public required uint? TransactionId { get; init; }

    /// <summary>Segments read.</summary>
    public required int SegmentCount { get; init; }

    /// <summary>Valid entries met.</summary>
    public required long EntryCount { get; init; }

    /// <summary>Current objects according to the log; null if not all of it was read.</summary>
    public required int? ObjectCount { get; init; }

    /// <summary>Bytes of the segments read.</summary>
    public required long Bytes { get; init; }

    /// <summary>Findings that are errors.</summary>
    public required int ErrorCount { get; init; }

    /// <summary>Findings that are warnings.</summary>
    public required int WarningCount { get; init; }

    /// <summary>Time it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>With MaxDuration: the last segment checked, where the next partial check goes on; null when the end was reached.</summary>
    public uint? LastSegmentChecked { get; init; }

    /// <summary>What a repair did, or would do, with each segment.</summary>
    public IReadOnlyList<RepairAction> Repairs { get; init; } = [];

    /// <summary>Objects that are lost.</summary>
    public IReadOnlyList<ObjectId> LostObjects { get; init; } = [];

    /// <summary>True if no error was found, or all were repaired: what borg's check answers.</summary>
    public bool Passed => Conclusion is CheckConclusion.Sound or CheckConclusion.PartlyChecked or CheckConclusion.Repaired;
}
