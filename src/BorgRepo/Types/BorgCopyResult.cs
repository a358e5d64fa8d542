using BorgRepo.Core.Copying;

namespace BorgRepo;

/// <summary>What a copy did, or would do (with -WhatIf).</summary>
public sealed class BorgCopyResult : IRepositoryItem
{
    private readonly object _source;

    internal BorgCopyResult(object source, string path, CopyReport report, TimeSpan duration)
    {
        _source = source;
        RepositoryPath = path;
        Destination = report.Destination;
        Id = report.Id.ToString();
        IsPlan = report.IsPlan;
        IsNew = report.IsNew;
        TransactionBefore = report.TransactionBefore;
        TransactionId = report.TransactionId;
        Objects = report.ObjectCount;
        SegmentsCopied = report.Count(CopyAction.Add, CopyAction.Restore, CopyAction.Replace);
        BytesCopied = report.Bytes(CopyAction.Add, CopyAction.Restore, CopyAction.Replace);
        SegmentsCompared = report.Count(CopyAction.Compare);
        BytesCompared = report.Bytes(CopyAction.Compare);
        SegmentsKept = report.KeptSegments;
        BytesKept = report.KeptBytes;
        SegmentsRestored = report.Count(CopyAction.Restore);
        SegmentsReplaced = report.Count(CopyAction.Replace);
        SegmentsSetAside = report.Count(CopyAction.SetAside);
        BytesSetAside = report.Bytes(CopyAction.SetAside);
        SegmentsRemoved = report.Count(CopyAction.Remove);
        BytesRemoved = report.Bytes(CopyAction.Remove);
        DamagedInSource = report.DamagedInSource;
        Segments = [.. report.Segments.Select(segment => new BorgCopiedSegment(source, path, segment))];
        Duration = duration;
    }

    /// <summary>True for a plan: nothing was changed.</summary>
    public bool IsPlan { get; }

    /// <summary>True if there was no repository at the destination before.</summary>
    public bool IsNew { get; }

    /// <summary>Full path of the source.</summary>
    public string RepositoryPath { get; }

    /// <summary>Full path of the copy, or its location behind rclone.</summary>
    public string Destination { get; }

    /// <summary>Id of the repository, and so of its copy.</summary>
    public string Id { get; }

    /// <summary>The copy's last transaction before; null if there was none.</summary>
    public uint? TransactionBefore { get; }

    /// <summary>The copy's last transaction now, which is that of the source; null if there is none yet.</summary>
    public uint? TransactionId { get; }

    /// <summary>Objects in the copy.</summary>
    public int Objects { get; }

    /// <summary>Segments that were written to the destination.</summary>
    public int SegmentsCopied { get; }

    /// <summary>Bytes of them.</summary>
    public long BytesCopied { get; }

    /// <summary>In a plan: segments whose content has to be compared first, since nothing tells whether it is the same.</summary>
    public int SegmentsCompared { get; }

    /// <summary>Bytes of them.</summary>
    public long BytesCompared { get; }

    /// <summary>Segments that were there already.</summary>
    public int SegmentsKept { get; }

    /// <summary>Bytes of them.</summary>
    public long BytesKept { get; }

    /// <summary>Of the segments copied, those that were missing or damaged at the destination.</summary>
    public int SegmentsRestored { get; }

    /// <summary>Of the segments copied, those that had changed in the source; the former ones are kept.</summary>
    public int SegmentsReplaced { get; }

    /// <summary>Segments that the source compacted away and that are kept under other names.</summary>
    public int SegmentsSetAside { get; }

    /// <summary>Bytes of them.</summary>
    public long BytesSetAside { get; }

    /// <summary>Segments that were removed.</summary>
    public int SegmentsRemoved { get; }

    /// <summary>Bytes of them.</summary>
    public long BytesRemoved { get; }

    /// <summary>Segments of the source that are damaged; they were copied as they are, unless the copy has sound ones.</summary>
    public IReadOnlyList<uint> DamagedInSource { get; }

    /// <summary>What happened to each segment that was not simply kept.</summary>
    public IReadOnlyList<BorgCopiedSegment> Segments { get; }

    /// <summary>Time it took.</summary>
    public TimeSpan Duration { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>Destination and transaction.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Destination} {(IsPlan ? "would be" : "is")} at transaction {TransactionId}");
}
