namespace BorgRepo.Provider;

/// <summary>What a path of a drive can name, whether it is there or not.</summary>
internal enum DrivePathKind
{
    /// <summary>Nothing that could ever be there.</summary>
    Nothing,

    /// <summary>The repository.</summary>
    Root,

    /// <summary>The folder of the objects.</summary>
    Objects,

    /// <summary>One object.</summary>
    Object,

    /// <summary>The folder of the segments.</summary>
    Segments,

    /// <summary>One segment, a folder of entries.</summary>
    Segment,

    /// <summary>One entry of the log.</summary>
    Entry,

    /// <summary>The folder of the transactions.</summary>
    Transactions,

    /// <summary>One transaction.</summary>
    Transaction,
}
