namespace BorgRepo.Core.Errors;

/// <summary>An index file cannot be used. Nothing is lost by that: the index is rebuilt from the segments.</summary>
public sealed class IndexCorruptException(string path, string reason, Exception? innerException = null)
    : BorgRepositoryException($"The index {path} cannot be used: {reason}. It can be rebuilt from the segments.", innerException)
{
    /// <summary>Full path of the file.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;

    /// <summary>True if borg would not notice, and go on with it.</summary>
    public bool IsMisleading { get; init; }
}
