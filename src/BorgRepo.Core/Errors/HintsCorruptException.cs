namespace BorgRepo.Core.Errors;

/// <summary>A hints file cannot be used. Nothing is lost by that: together with the index it is rebuilt from the segments.</summary>
public sealed class HintsCorruptException(string path, string reason, Exception? innerException = null)
    : BorgRepositoryException($"The hints {path} cannot be used: {reason}. They can be rebuilt from the segments.", innerException)
{
    /// <summary>Full path of the file.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
