using System.IO.Hashing;
using System.Text;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>What a repository holds as its users see it: never changed, so that it can be kept and compared.</summary>
internal sealed class RepositoryContents : IEquatable<RepositoryContents>
{
    public RepositoryContents(IEnumerable<KeyValuePair<ObjectId, byte[]>> objects, string key = "", ulong? nonce = null, long quota = 0)
    {
        Objects = new SortedDictionary<ObjectId, byte[]>(objects.ToDictionary());
        Key = key;
        Nonce = nonce;
        Quota = quota;
        XxHash128 hash = new();
        Span<byte> id = stackalloc byte[ObjectId.Length];
        foreach ((ObjectId objectId, byte[] value) in Objects)
        {
            objectId.CopyTo(id);
            hash.Append(id);
            hash.Append(BitConverter.GetBytes(value.Length));
            hash.Append(value);
        }

        hash.Append(Encoding.UTF8.GetBytes($"{key}/{nonce}/{quota}"));
        Hash = hash.GetCurrentHashAsUInt128();
    }

    private RepositoryContents() : this([], "no repository") => IsAbsent = true;

    /// <summary>There is no repository.</summary>
    public static RepositoryContents Absent { get; } = new();

    public bool IsAbsent { get; }

    /// <summary>Equal for equal contents.</summary>
    public UInt128 Hash { get; }

    public IReadOnlyDictionary<ObjectId, byte[]> Objects { get; }

    public string Key { get; }

    public ulong? Nonce { get; }

    public long Quota { get; }

    /// <summary>Reads everything through a session.</summary>
    public static RepositoryContents Read(Repository repository)
    {
        Dictionary<ObjectId, byte[]> objects = [];
        foreach (ObjectId id in repository.List())
        {
            objects.Add(id, repository.Get(id));
        }

        if (objects.Count != repository.Count)
        {
            throw new InvalidOperationException($"{objects.Count} objects were listed, the count is {repository.Count}.");
        }

        return new RepositoryContents(objects, repository.LoadKey(), repository.GetFreeNonce(), repository.StorageQuota);
    }

    /// <summary>The same with other objects.</summary>
    public RepositoryContents With(IEnumerable<KeyValuePair<ObjectId, byte[]>> objects) => new(objects, Key, Nonce, Quota);

    public bool Equals(RepositoryContents? other) => other is not null && other.Hash == Hash;

    public override bool Equals(object? obj) => Equals(obj as RepositoryContents);

    public override int GetHashCode() => Hash.GetHashCode();

    public override string ToString() => IsAbsent ? "no repository"
        : $"{Objects.Count} objects ({string.Join(' ', Objects.Select(o => $"{o.Key.ToString()[..4]}:{o.Value.Length}"))}), key '{Key}', nonce {Nonce}, quota {Quota}";
}
