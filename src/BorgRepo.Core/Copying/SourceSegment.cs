namespace BorgRepo.Core.Copying;

/// <summary>A segment of the repository that is copied.</summary>
internal readonly record struct SourceSegment(uint Number, string Path, long Length, DateTime LastWriteUtc);
