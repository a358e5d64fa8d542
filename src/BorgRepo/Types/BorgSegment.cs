using BorgRepo.Core.Inspection;

namespace BorgRepo;

/// <summary>A segment: one file of the log.</summary>
public sealed class BorgSegment : IRepositoryItem
{
    private readonly object _source;

    internal BorgSegment(object source, string repositoryPath, SegmentInfo info)
    {
        _source = source;
        RepositoryPath = repositoryPath;
        Segment = info.Segment;
        Path = info.Path;
        FileBytes = info.FileBytes;
        LastWriteTime = info.LastWriteUtc;
        Puts = info.PutCount;
        Deletes = info.DeleteCount;
        Commits = info.CommitCount;
        LiveObjects = info.IsLiveKnown ? info.LiveCount : null;
        LiveBytes = info.IsLiveKnown ? info.LiveBytes : null;
        DeadBytes = info.IsLiveKnown ? info.DeadBytes : null;
        Committed = info.IsCommitted;
        Damage = info.Damage;
    }

    /// <summary>Its number.</summary>
    public uint Segment { get; }

    /// <summary>Length of its file in bytes.</summary>
    public long FileBytes { get; }

    /// <summary>Entries in all.</summary>
    public long Entries => Puts + Deletes + Commits;

    /// <summary>PUT entries.</summary>
    public long Puts { get; }

    /// <summary>DELETE entries.</summary>
    public long Deletes { get; }

    /// <summary>COMMIT entries.</summary>
    public long Commits { get; }

    /// <summary>Current objects in it; null if the repository is too damaged to know.</summary>
    public long? LiveObjects { get; }

    /// <summary>Bytes of the entries of current objects; null if the repository is too damaged to know.</summary>
    public long? LiveBytes { get; }

    /// <summary>All other bytes; null if the repository is too damaged to know.</summary>
    public long? DeadBytes { get; }

    /// <summary>False for the rest of an interrupted transaction.</summary>
    public bool Committed { get; }

    /// <summary>When its file was written, in UTC.</summary>
    public DateTime LastWriteTime { get; }

    /// <summary>Path of its file.</summary>
    public string Path { get; }

    /// <summary>The first damage met while its headers were read; null if they read well. Values are not looked at.</summary>
    public string? Damage { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>The number.</summary>
    public override string ToString() => Segment.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
