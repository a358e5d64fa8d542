namespace BorgRepo;

/// <summary>Which release's habits a session writes by. Every release from borg 1.0 to 1.4 reads both.</summary>
public enum BorgWriteFormat
{
    /// <summary>borg 1.2 and 1.4: the COMMIT in a segment of its own, hints version 2, an integrity file.</summary>
    Borg14,

    /// <summary>borg 1.0: the COMMIT at the end of the data segment, hints version 1, no integrity file; each commit compacts.</summary>
    Borg10,
}
