using BorgRepo.Core.Format;

namespace BorgRepo.Core.Errors;

/// <summary>The repository has no object of this id.</summary>
public sealed class ObjectNotFoundException(ObjectId id, string path)
    : BorgRepositoryException($"Object with key {id} not found in repository {path}.")
{
    /// <summary>The id that was asked for.</summary>
    public ObjectId Id { get; } = id;

    /// <summary>Full path of the repository.</summary>
    public string Path { get; } = path;
}
