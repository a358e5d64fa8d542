namespace BorgRepo.Core.Errors;

/// <summary>A segment file that an index entry points to does not exist.</summary>
public sealed class SegmentMissingException(uint segment, string path)
    : BorgRepositoryException($"Segment {segment} is missing ({path}). Check the repository.")
{
    /// <summary>Number of the segment.</summary>
    public uint Segment { get; } = segment;

    /// <summary>Where its file should be.</summary>
    public string Path { get; } = path;
}
