using BorgRepo.Core.Inspection;

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

    /// <summary>True for the transaction in force.</summary>
    public bool Current { get; private init; } = true;

    /// <summary>Segments that it wrote and that are still there; null if that was not looked at.</summary>
    public int? Segments { get; private init; }

    /// <summary>Bytes of those segments; null if that was not looked at.</summary>
    public long? Bytes { get; private init; }

    /// <summary>After going back to it: the folder in which everything newer is kept; else null.</summary>
    public string? BackupPath { get; private init; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>From the history of a repository. The time is the one logged, else that of the segment's file.</summary>
    internal static BorgTransaction FromHistory(object source, string path, TransactionInfo info, long? objects = null, string? backupPath = null) =>
        new(source, path, info.Id, info.IsOnDisk ? BorgTransactionState.Committed : BorgTransactionState.Gone, info.LoggedUtc ?? info.WrittenUtc, objects)
        {
            BackupPath = backupPath,
            Current = info.IsCurrent,
            Segments = info.SegmentCount,
            Bytes = info.Bytes,
        };

    /// <summary>The number.</summary>
    public override string ToString() =>
        TransactionId?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none";
}
