namespace BorgRepo;

/// <summary>The outcome of a check. It never claims more than what was read.</summary>
public enum BorgCheckConclusion
{
    /// <summary>Everything was read, and no error was found.</summary>
    Sound,

    /// <summary>Only a part was read (some segments, or headers only); no error was found in it.</summary>
    PartlyChecked,

    /// <summary>Errors were found.</summary>
    Damaged,

    /// <summary>Errors were found, and repaired.</summary>
    Repaired,

    /// <summary>Errors were found, and a repair would set them right.</summary>
    RepairPlanned,

    /// <summary>Errors were found that a repair may not or cannot set right.</summary>
    NotRepairable,
}
