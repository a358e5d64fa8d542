using BorgRepo.Core;
using BorgRepo.Core.Format;

namespace BorgRepo;

/// <summary>An object of a repository: its id, where it stands, and its content if it was asked for.</summary>
public sealed class BorgObject : IRepositoryItem
{
    private readonly BorgId _id;
    private readonly object _source;

    internal BorgObject(object source, in ObjectInfo info, byte[]? data = null)
    {
        _source = source;
        _id = BorgId.From(info.Id);
        Size = info.Size;
        Segment = info.Location.Segment;
        Offset = info.Location.Offset;
        Data = data;
    }

    /// <summary>An object behind a server, which says nothing of its place, and of its size only with its content.</summary>
    internal BorgObject(object source, in ObjectId id, int? size, byte[]? data = null)
    {
        _source = source;
        _id = BorgId.From(id);
        Size = size;
        Data = data;
    }

    /// <summary>The id, 64 lower-case hex digits.</summary>
    public string Id => _id.ToString();

    /// <summary>Length of the content in bytes; null if a server was not asked for the content.</summary>
    public int? Size { get; }

    /// <summary>Number of the segment that holds it; null behind a server.</summary>
    public uint? Segment { get; }

    /// <summary>Offset of its entry in the segment file; null behind a server.</summary>
    public uint? Offset { get; }

    /// <summary>The content; null unless it was asked for.</summary>
    public byte[]? Data { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>The id.</summary>
    public override string ToString() => Id;
}
