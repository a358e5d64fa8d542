namespace BorgRepo.Core.Errors;

/// <summary>Something exists at the path, but it is no borg repository.</summary>
public sealed class InvalidRepositoryException(string path, string reason)
    : BorgRepositoryException($"{path} is not a valid repository: {reason}")
{
    /// <summary>Full path that was asked for.</summary>
    public string Path { get; } = path;

    /// <summary>What is missing or wrong.</summary>
    public string Reason { get; } = reason;
}
