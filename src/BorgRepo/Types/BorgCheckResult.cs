using BorgRepo.Core.Checking;

namespace BorgRepo;

/// <summary>What a check did and found in all. It comes after the last finding.</summary>
public sealed class BorgCheckResult : IRepositoryItem
{
    private readonly object _source;

    internal BorgCheckResult(object source, string path, CheckResult result)
    {
        _source = source;
        RepositoryPath = path;
        Conclusion = (BorgCheckConclusion)(int)result.Conclusion;
        Passed = result.Passed;
        TransactionId = result.TransactionId;
        Segments = result.SegmentCount;
        Entries = result.EntryCount;
        Objects = result.ObjectCount;
        Bytes = result.Bytes;
        Errors = result.ErrorCount;
        Warnings = result.WarningCount;
        Duration = result.Duration;
        LastSegmentChecked = result.LastSegmentChecked;
        // Arrays: of the type behind a collection expression PowerShell cannot take one item by its number.
        Repairs = result.Repairs.Select(action => new BorgRepairAction(source, path, action)).ToArray();
        LostObjects = result.LostObjects.Select(id => id.ToString()).ToArray();
    }

    /// <summary>Of a check by a server, which counts nothing for us.</summary>
    internal BorgCheckResult(object source, string path, CheckConclusion conclusion, bool passed, TimeSpan duration)
    {
        _source = source;
        RepositoryPath = path;
        Conclusion = (BorgCheckConclusion)(int)conclusion;
        Passed = passed;
        Duration = duration;
        Repairs = [];
        LostObjects = [];
    }

    /// <summary>The outcome.</summary>
    public BorgCheckConclusion Conclusion { get; }

    /// <summary>True if no error was found, or all were repaired.</summary>
    public bool Passed { get; }

    /// <summary>The last transaction; null if there is none.</summary>
    public uint? TransactionId { get; }

    /// <summary>Segments read; null if a server checked.</summary>
    public int? Segments { get; }

    /// <summary>Valid entries met; null if a server checked.</summary>
    public long? Entries { get; }

    /// <summary>Current objects according to the log; null if not all of it was read.</summary>
    public int? Objects { get; }

    /// <summary>Bytes of the segments read; null if a server checked.</summary>
    public long? Bytes { get; }

    /// <summary>Findings that are errors; null if a server checked.</summary>
    public int? Errors { get; }

    /// <summary>Findings that are warnings; null if a server checked.</summary>
    public int? Warnings { get; }

    /// <summary>Time it took.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Bytes a second; null if a server checked.</summary>
    public double? BytesPerSecond => Duration > TimeSpan.Zero ? Bytes / Duration.TotalSeconds : 0;

    /// <summary>With a time limit: the last segment checked, after which the next check goes on; null if the end was reached.</summary>
    public uint? LastSegmentChecked { get; }

    /// <summary>What a repair did, or would do.</summary>
    public IReadOnlyList<BorgRepairAction> Repairs { get; }

    /// <summary>Ids of objects that are lost.</summary>
    public IReadOnlyList<string> LostObjects { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>The conclusion.</summary>
    public override string ToString() => Conclusion.ToString();
}
