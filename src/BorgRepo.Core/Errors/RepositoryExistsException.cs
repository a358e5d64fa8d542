namespace BorgRepo.Core.Errors;

/// <summary>A repository cannot be created: one exists at the path or in a folder above it.</summary>
public sealed class RepositoryExistsException(string path)
    : BorgRepositoryException($"A repository already exists at {path}.")
{
    /// <summary>Full path of the existing repository.</summary>
    public string Path { get; } = path;
}
