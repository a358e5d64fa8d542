using BorgRepo.Core.Compaction;

namespace BorgRepo;

/// <summary>What a compaction does, or did, with one segment.</summary>
public sealed class BorgCompactedSegment : IRepositoryItem
{
    private readonly object _source;

    internal BorgCompactedSegment(object source, string path, CompactedSegment segment)
    {
        _source = source;
        RepositoryPath = path;
        Segment = segment.Segment;
        Action = (BorgCompactionAction)(int)segment.Action;
        Reason = (BorgCompactionReason)(int)segment.Reason;
        FileBytes = segment.FileBytes;
        CopiedBytes = segment.CopiedBytes;
        Detail = segment.Detail;
    }

    /// <summary>Its number.</summary>
    public uint Segment { get; }

    /// <summary>What happens to it.</summary>
    public BorgCompactionAction Action { get; }

    /// <summary>Why.</summary>
    public BorgCompactionReason Reason { get; }

    /// <summary>Length of its file.</summary>
    public long FileBytes { get; }

    /// <summary>Bytes of entries copied from it.</summary>
    public long CopiedBytes { get; }

    /// <summary>More about the reason, or empty.</summary>
    public string Detail { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>Action and segment.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Action} {Segment} ({Reason})");
}
