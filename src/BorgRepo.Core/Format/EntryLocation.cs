namespace BorgRepo.Core.Format;

/// <summary>Where a PUT entry stands: the segment's number and the offset of the entry's first byte in the file.</summary>
public readonly record struct EntryLocation(uint Segment, uint Offset);
