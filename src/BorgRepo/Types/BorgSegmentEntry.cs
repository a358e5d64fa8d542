using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;

namespace BorgRepo;

/// <summary>One entry of the log, or a damaged range in its place.</summary>
public sealed class BorgSegmentEntry : IRepositoryItem
{
    private readonly object _source;
    private readonly BorgId? _id;

    internal BorgSegmentEntry(object source, string repositoryPath, EntryInfo info)
    {
        _source = source;
        _id = info.Id is { } id ? BorgId.From(id) : null;
        RepositoryPath = repositoryPath;
        Segment = info.Segment;
        Offset = info.Offset;
        Kind = info.Tag switch
        {
            EntryTag.Put => BorgEntryKind.Put,
            EntryTag.Delete => BorgEntryKind.Delete,
            EntryTag.Commit => BorgEntryKind.Commit,
            _ => BorgEntryKind.Damage,
        };
        EntryBytes = info.Size;
        Size = info.ValueSize;
        Current = info.IsCurrent;
        Damage = info.Damage;
    }

    /// <summary>Number of the segment.</summary>
    public uint Segment { get; }

    /// <summary>Offset in the segment's file.</summary>
    public long Offset { get; }

    /// <summary>What stands there.</summary>
    public BorgEntryKind Kind { get; }

    /// <summary>The key, 64 lower-case hex digits; null for COMMIT and damage.</summary>
    public string? Id => _id?.ToString();

    /// <summary>Bytes of the value of a PUT, else 0.</summary>
    public long Size { get; }

    /// <summary>Bytes of the whole entry, or of the damaged range.</summary>
    public long EntryBytes { get; }

    /// <summary>
    /// True for the PUT of a current object; false for what is superseded, and for all else; null if the repository is too
    /// damaged to know.
    /// </summary>
    public bool? Current { get; }

    /// <summary>What is wrong; null for a valid entry.</summary>
    public string? Damage { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>Kind and place.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Kind} {Segment}:{Offset}");
}
