namespace BorgRepo;

/// <summary>What a copy does with a segment of the destination.</summary>
public enum BorgCopyAction
{
    /// <summary>It is there and unchanged since it was copied.</summary>
    Keep,

    /// <summary>It is there, but nothing vouches for it: source and destination are compared byte by byte.</summary>
    Compare,

    /// <summary>It is new.</summary>
    Add,

    /// <summary>It is there without its COMMIT, which an interrupted copy held back.</summary>
    Complete,

    /// <summary>It was copied before, but is missing or damaged by now.</summary>
    Restore,

    /// <summary>It changed in the source; the former one is set aside.</summary>
    Replace,

    /// <summary>The source compacted it away; it gets a name that no borg looks at.</summary>
    SetAside,

    /// <summary>The source compacted it away, or an interrupted copy or transaction left it: it is removed.</summary>
    Remove,
}
