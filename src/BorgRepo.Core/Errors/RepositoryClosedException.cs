namespace BorgRepo.Core.Errors;

/// <summary>The session was closed before the call.</summary>
public sealed class RepositoryClosedException(string path)
    : BorgRepositoryException($"The session on {path} is closed.")
{
    /// <summary>Full path of the repository.</summary>
    public string Path { get; } = path;
}
