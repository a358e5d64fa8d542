namespace BorgRepo.Core.Errors;

/// <summary>A repository cannot be created: the folder that should hold it does not exist.</summary>
public sealed class ParentPathNotFoundException(string path)
    : BorgRepositoryException($"The parent folder of the repository {path} does not exist.")
{
    /// <summary>Full path that was asked for.</summary>
    public string Path { get; } = path;
}
