namespace BorgRepo.Core.Format;

/// <summary>The tag byte of a log entry (docs/format.md, "Log entries").</summary>
public enum EntryTag : byte
{
    /// <summary>Key and value.</summary>
    Put = 0,

    /// <summary>Key only: the key is gone from here on.</summary>
    Delete = 1,

    /// <summary>No key: everything before it is a completed transaction.</summary>
    Commit = 2,

    /// <summary>PUT of borg 2 (repository version 2). Recognised only to be refused by name.</summary>
    Put2 = 3,
}
