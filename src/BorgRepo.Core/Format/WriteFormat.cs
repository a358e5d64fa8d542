namespace BorgRepo.Core.Format;

/// <summary>Which release's habits a session writes by. Every release reads both.</summary>
public enum WriteFormat
{
    /// <summary>borg 1.2 and 1.4: COMMIT in a segment of its own, hints version 2, integrity file.</summary>
    Borg14,

    /// <summary>borg 1.0: COMMIT at the end of the data segment, hints version 1, no integrity file.</summary>
    Borg10,
}
