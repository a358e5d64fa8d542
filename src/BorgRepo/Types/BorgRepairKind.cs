namespace BorgRepo;

/// <summary>What a repair does.</summary>
public enum BorgRepairKind
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
