namespace BorgRepo.Core.Errors;

/// <summary>A repository cannot be created: something that is no repository is at the path and not an empty folder.</summary>
public sealed class PathExistsException(string path)
    : BorgRepositoryException($"There is already something at {path}; a repository is only created in a new or an empty folder.")
{
    /// <summary>Full path that was asked for.</summary>
    public string Path { get; } = path;
}
