namespace BorgRepo.Core.Segments;

/// <summary>How much of each entry a <see cref="SegmentReader"/> reads.</summary>
public enum SegmentReadMode
{
    /// <summary>Every byte is read and summed; values are not kept.</summary>
    Verify,

    /// <summary>Header and key only, values are skipped and nothing is summed: the result is information, no proof.</summary>
    Headers,
}
