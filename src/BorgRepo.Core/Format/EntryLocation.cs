namespace BorgRepo.Core.Format;

/// <summary>Where a PUT entry stands: the segment's number and the offset of the entry's first byte in the file.</summary>
public readonly record struct EntryLocation(uint Segment, uint Offset)
{
    /// <summary>True if it comes before another place in the order of the log.</summary>
    public bool IsBefore(EntryLocation other) => Segment < other.Segment || (Segment == other.Segment && Offset < other.Offset);
}
