namespace BorgRepo.Core.Segments;

/// <summary>A segment that exists: its number and the path of its file.</summary>
public readonly record struct SegmentFile(uint Number, string Path);
