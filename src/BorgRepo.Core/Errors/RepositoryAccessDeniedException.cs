namespace BorgRepo.Core.Errors;

/// <summary>The operating system refused access to a part of the repository.</summary>
public sealed class RepositoryAccessDeniedException(string path, Exception? innerException = null)
    : BorgRepositoryException($"Access denied to {path}.", innerException)
{
    /// <summary>The path that could not be reached.</summary>
    public string Path { get; } = path;
}
