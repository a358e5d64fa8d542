using BorgRepo.Core.Checking;

namespace BorgRepo;

/// <summary>One step of a repair, done or planned.</summary>
public sealed class BorgRepairAction : IRepositoryItem
{
    private readonly object _source;

    internal BorgRepairAction(object source, string path, RepairAction action)
    {
        _source = source;
        RepositoryPath = path;
        Action = (BorgRepairKind)(int)action.Kind;
        Segment = action.Segment;
        KeptEntries = action.KeptEntries;
        KeptBytes = action.KeptBytes;
        DroppedBytes = action.DroppedBytes;
        BackupPath = action.BackupPath;
    }

    /// <summary>What is done.</summary>
    public BorgRepairKind Action { get; }

    /// <summary>The segment concerned; for RebuildIndex the transaction.</summary>
    public uint Segment { get; }

    /// <summary>Entries that stay.</summary>
    public long KeptEntries { get; }

    /// <summary>Bytes of the segment afterwards.</summary>
    public long KeptBytes { get; }

    /// <summary>Bytes that are dropped.</summary>
    public long DroppedBytes { get; }

    /// <summary>Where the original is kept; null if none is.</summary>
    public string? BackupPath { get; }

    /// <summary>Full path of the repository.</summary>
    public string RepositoryPath { get; }

    object IRepositoryItem.Source => _source;

    /// <summary>Action and segment.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Action} {Segment}");
}
