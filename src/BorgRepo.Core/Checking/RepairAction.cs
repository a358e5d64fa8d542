namespace BorgRepo.Core.Checking;

/// <summary>What a repair does.</summary>
public enum RepairKind
{
    /// <summary>A segment is replaced by one with its valid entries.</summary>
    RewriteSegment,

    /// <summary>A COMMIT is added, so that the entries before it count.</summary>
    AddCommit,

    /// <summary>Index and hints are made anew from the log.</summary>
    RebuildIndex,

    /// <summary>A segment of an interrupted transaction stands where the COMMIT has to be added, and is moved away.</summary>
    RemoveSegment,
}

/// <summary>One step of a repair.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Segment">The segment concerned; for RebuildIndex the transaction.</param>
/// <param name="KeptEntries">Entries that stay.</param>
/// <param name="KeptBytes">Their bytes, with the magic.</param>
/// <param name="DroppedBytes">Bytes that are dropped.</param>
/// <param name="BackupPath">Where the original is kept; null if none is.</param>
public sealed record RepairAction(
    RepairKind Kind, uint Segment, long KeptEntries, long KeptBytes, long DroppedBytes, string? BackupPath);
