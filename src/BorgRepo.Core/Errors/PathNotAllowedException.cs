namespace BorgRepo.Core.Errors;

/// <summary>A server was asked for a repository outside the folders that it is restricted to.</summary>
public sealed class PathNotAllowedException(string path)
    : BorgRepositoryException($"Repository path not allowed: {path}")
{
    /// <summary>The path as the client wrote it.</summary>
    public string Path { get; } = path;
}
