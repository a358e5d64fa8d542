namespace BorgRepo.Core.Errors;
/// <summary>What is wrong with the bytes of a segment.</summary>
public enum IntegrityKind
{
    /// <summary>The file does not start with BORG_SEG.</summary>
    InvalidMagic,

    /// <summary>Fewer bytes than an entry header are left.</summary>
    ShortHeader,

    /// <summary>The size field is above 20 MiB.</summary>
    SizeTooBig,

    /// <summary>The size field is below what the entry's tag needs.</summary>
    SizeTooSmall,

    /// <summary>A DELETE or COMMIT entry has not the one size it can have.</summary>
    SizeMismatch,

    /// <summary>The file ends inside the entry.</summary>
    ShortData,

    /// <summary>The CRC-32 does not match.</summary>
    ChecksumMismatch,

    /// <summary>The checksum is right but the tag is none of borg 1.x.</summary>
    UnknownTag,

    /// <summary>A PUT2 entry of borg 2: this engine must not touch it.</summary>
    Put2Entry,

    /// <summary>A read by offset met an entry of another key: the index points to the wrong place.</summary>
    WrongKey,

    /// <summary>A read by offset met an entry that is no PUT.</summary>
    NotAPut,
}
