using BorgRepo.Core;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>
/// Tells which objects a repository behind a server has already. It knows all its ids, and fetches the contents that have
/// to be compared ahead of the questions, which must come in the order of the ids given.
/// </summary>
/// <remarks>Takes 32 bytes and a little more for each object there.</remarks>
internal sealed class PresentObjects : IDisposable
{
    private readonly HashSet<ObjectId> _known;
    private readonly IEnumerator<ObjectReading> _contents;

    public PresentObjects(IObjectRepository repository, IReadOnlyList<ObjectId> ids)
    {
        _known = [.. repository.List()];
        _contents = repository.ReadMany(ids.Where(_known.Contains)).GetEnumerator();
    }

    /// <summary>True if an object is there with this content.</summary>
    public bool Has(in ObjectId id, ReadOnlySpan<byte> content)
    {
        if (!_known.Contains(id))
        {
            return false;
        }

        // Ids between, which could not be read where they come from, are passed over.
        while (_contents.MoveNext())
        {
            if (_contents.Current.Id == id)
            {
                return _contents.Current.Value is { } there && content.SequenceEqual(there);
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _contents.Dispose();
}
