using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Core;

/// <summary>
/// What a session on a repository offers wherever the repository is: here, or behind a server that knows ids and values
/// but nothing of segments.
/// </summary>
public interface IObjectRepository : IDisposable
{
    /// <summary>Full path, or location of a remote repository.</summary>
    string Path { get; }

    /// <summary>The 32-byte id of the repository.</summary>
    ObjectId Id { get; }

    /// <summary>False after it was closed.</summary>
    bool IsOpen { get; }

    /// <summary>What the session was opened for.</summary>
    SessionAccess Access { get; }

    /// <summary>True while it holds the exclusive lock.</summary>
    bool HoldsExclusiveLock { get; }

    /// <summary>True between the first change and commit or rollback.</summary>
    bool InTransaction { get; }

    /// <summary>Number of objects.</summary>
    int Count { get; }

    /// <summary>True if there is an object of this id.</summary>
    bool Contains(in ObjectId id);

    /// <summary>The value of an object as a new array.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    byte[] GetValue(in ObjectId id);

    /// <summary>
    /// The values of many objects, in the order of the ids. What cannot be read is given as an error in its place, so that
    /// the others still come.
    /// </summary>
    IEnumerable<ObjectReading> ReadMany(IEnumerable<ObjectId> ids);

    /// <summary>Ids in index order.</summary>
    /// <param name="limit">How many at most; null for all.</param>
    /// <param name="after">Begin after this id.</param>
    IEnumerable<ObjectId> List(int? limit = null, ObjectId? after = null);

    /// <summary>Ids in the order in which their objects stand on the disk.</summary>
    /// <param name="limit">How many at most; null for all.</param>
    /// <param name="after">Begin after this id.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    IEnumerable<ObjectId> ListInDiskOrder(int? limit = null, ObjectId? after = null, CancellationToken cancellationToken = default);

    /// <summary>Stores a value. An error of a remote repository may come with a later call, at the latest with the commit.</summary>
    void Put(in ObjectId id, ReadOnlySpan<byte> value);

    /// <summary>Removes an object.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    void Delete(in ObjectId id);

    /// <summary>Makes the changes durable.</summary>
    /// <returns>Id of the transaction; null if there was nothing to commit, or a server does not tell.</returns>
    uint? Commit(CommitOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Undoes the changes.</summary>
    void Rollback();

    /// <summary>The key text kept in the config; empty if there is none.</summary>
    string LoadKey();

    /// <summary>Keeps a key text in the config.</summary>
    void SaveKey(string text);

    /// <summary>Destroys the repository.</summary>
    void Destroy();

    /// <summary>Undoes what is not committed and releases the lock.</summary>
    void Close();
}
