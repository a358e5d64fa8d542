namespace BorgRepo;

/// <summary>What a check found. The names are stable: scripts may rely on them.</summary>
public enum BorgFindingKind
{
    /// <summary>A segment does not start with BORG_SEG.</summary>
    InvalidMagic,

    /// <summary>Too few bytes for an entry header are left in a segment.</summary>
    ShortHeader,

    /// <summary>An entry's size is above 20 MiB.</summary>
    SizeTooBig,

    /// <summary>An entry's size is below what it must be.</summary>
    SizeTooSmall,

    /// <summary>A DELETE or COMMIT has a size that none has.</summary>
    SizeMismatch,

    /// <summary>A segment ends inside an entry.</summary>
    ShortData,

    /// <summary>An entry's checksum is wrong.</summary>
    ChecksumMismatch,

    /// <summary>An entry has a tag that borg 1.x does not know.</summary>
    UnknownTag,

    /// <summary>An entry of borg 2.</summary>
    Put2Entry,

    /// <summary>A segment file of zero length.</summary>
    EmptySegment,

    /// <summary>A segment that index or hints name does not exist.</summary>
    MissingSegment,

    /// <summary>A segment file stands where none of its number belongs.</summary>
    MisplacedSegment,

    /// <summary>Something in <c>data</c> that is no segment; it is ignored.</summary>
    ForeignFile,

    /// <summary>Segments after the last commit: an interrupted transaction, which the next writer removes.</summary>
    UncommittedSegment,

    /// <summary>A segment after the last commit carries a COMMIT but is damaged.</summary>
    DamagedCommit,

    /// <summary>The COMMIT of a transaction is gone, though its index is there.</summary>
    MissingCommit,

    /// <summary>There is no committed transaction.</summary>
    NoValidData,

    /// <summary>There is no index; the next use rebuilds it.</summary>
    IndexMissing,

    /// <summary>The index cannot be used; the next use rebuilds it.</summary>
    IndexCorrupt,

    /// <summary>The index is of an older transaction; the next use brings it up to date.</summary>
    IndexOutdated,

    /// <summary>The index is of a transaction that the segments do not have.</summary>
    IndexTooNew,

    /// <summary>An object of the log is not in the index.</summary>
    IndexEntryMissing,

    /// <summary>The index has an object that the log has not.</summary>
    IndexEntrySuperfluous,

    /// <summary>The index has another place for an object than the log.</summary>
    IndexEntryMismatch,

    /// <summary>An object's only valid entry is lost: repair cannot bring it back.</summary>
    ObjectLost,

    /// <summary>There are no hints; the next writer rebuilds them.</summary>
    HintsMissing,

    /// <summary>The hints cannot be used; the next writer rebuilds them.</summary>
    HintsCorrupt,

    /// <summary>Hints have another use count for a segment than the log.</summary>
    HintsUseCountMismatch,

    /// <summary>Hints count objects in a segment that does not exist.</summary>
    HintsDanglingSegment,
}
