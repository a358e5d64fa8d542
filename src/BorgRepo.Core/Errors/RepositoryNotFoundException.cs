namespace BorgRepo.Core.Errors;

/// <summary>Nothing exists at the path.</summary>
public sealed class RepositoryNotFoundException(string path)
    : BorgRepositoryException($"Repository {path} does not exist.")
{
    /// <summary>Full path that was asked for.</summary>
    public string Path { get; } = path;
}
