namespace BorgRepo.Core.Errors;

/// <summary>
/// A file with a segment's name stands where no segment of that number belongs, for example after segments_per_dir was
/// changed by hand. Reading on would miss a part of the log.
/// </summary>
public sealed class MisplacedSegmentException(string path, string expectedPath)
    : BorgRepositoryException($"Segment file {path} is misplaced: its place is {expectedPath}. Move it there or away, or restore segments_per_dir in the config.")
{
    /// <summary>Path of the file.</summary>
    public string Path { get; } = path;

    /// <summary>Where a segment of that number belongs.</summary>
    public string ExpectedPath { get; } = expectedPath;
}
