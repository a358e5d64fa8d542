using BorgRepo.Core.Compaction;

namespace BorgRepo;

/// <summary>What a compaction did, or would do (with -WhatIf).</summary>
public sealed class BorgCompactionResult : IRepositoryItem
{
    private readonly object _source;

    internal BorgCompactionResult(object source, string path, CompactionReport report, TimeSpan duration)
    {
        _source = source;
        RepositoryPath = path;
        IsPlan = report.IsPlan;
        BytesBefore = report.BytesBefore;
        BytesAfter = report.BytesAfter;
        TransactionId = report.TransactionId;
        Segments = report.Segments.Select(segment => new BorgCompactedSegment(source, path, segment)).ToArray();
        Rewritten = report.Segments.Count(segment => segment.Action == CompactionAction.Rewrite);
        Removed = report.Segments.Count(segment => segment.Action == CompactionAction.Remove);
        Kept = report.Segments.Count(segment => segment.Action == CompactionAction.Keep);
        Duration = duration;
    }

    /// <summary>True for a plan: nothing was changed.</summary>
    public bool IsPlan { get; }

    /// <summary>Bytes of all segment files before.</summary>
    public long BytesBefore { get; }

    /// <summary>Bytes of all segment files after.</summary>
    public long BytesAfter { get; }

    /// <summary>Bytes that became free, or would.</summary>
    public long BytesFreed => BytesBefore - BytesAfter;

    /// <summary>Segments whose needed entries were copied and that were then removed.</summary>
    public int Rewritten { get; }

    /// <summary>Segments of which nothing was needed.</summary>
    public int Removed { get; }

    /// <summary>Segments that were considered and stay.</summary>
    public int Kept { get; }

    /// <summary>What happened to each segment that was considered, and why.</summary>
    public IReadOnlyList<BorgCompactedSegment> Segments { get; }

    /// <summary>The last transaction afterwards; null if there is none.</summary>
    public uint? TransactionId { get; }

    /// <summary>Time it took.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>The bytes freed.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(IsPlan ? "would free" : "freed")} {BytesFreed} bytes");
}
