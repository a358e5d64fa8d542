namespace BorgRepo;

/// <summary>A transaction of a repository.</summary>
public sealed class BorgTransaction : IRepositoryItem
{
    private readonly object _source;

    internal BorgTransaction(object source, string path, uint? id, BorgTransactionState state, DateTime? time, long? objects)
    {
        _source = source;
        RepositoryPath = path;
        TransactionId = id;
        State = state;
        Time = time;
        Objects = objects;
    }

    /// <summary>Its number; null if the repository has none yet.</summary>
    public uint? TransactionId { get; }

    /// <summary>What became of it.</summary>
    public BorgTransactionState State { get; }

    /// <summary>When that happened, in UTC; null if unknown.</summary>
    public DateTime? Time { get; }

    /// <summary>Number of objects in the repository as of this transaction; null if unknown.</summary>
    public long? Objects { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>The number.</summary>
    public override string ToString() =>
        TransactionId?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none";
}
