using BorgRepo.Core.Copying;

namespace BorgRepo;

/// <summary>What a copy does, or did, with one segment.</summary>
public sealed class BorgCopiedSegment : IRepositoryItem
{
    private readonly object _source;

    internal BorgCopiedSegment(object source, string path, CopiedSegment segment)
    {
        _source = source;
        RepositoryPath = path;
        Segment = segment.Segment;
        Action = (BorgCopyAction)(int)segment.Action;
        Bytes = segment.Bytes;
        Detail = segment.Reason;
    }

    /// <summary>Its number.</summary>
    public uint Segment { get; }

    /// <summary>What happens to it at the destination.</summary>
    public BorgCopyAction Action { get; }

    /// <summary>Length of its file.</summary>
    public long Bytes { get; }

    /// <summary>More about why, or empty.</summary>
    public string Detail { get; }

    /// <summary>Full path of the source.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>Action and segment.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Action} {Segment}");
}
