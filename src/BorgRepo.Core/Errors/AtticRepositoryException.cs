namespace BorgRepo.Core.Errors;

/// <summary>The newest segment has the magic of attic, the predecessor of borg: an upgrade by borg 1.x is needed first.</summary>
public sealed class AtticRepositoryException(string path)
    : BorgRepositoryException($"{path} is an Attic repository. Convert it with \"borg upgrade\" of borg 1.0 or 1.1 first.")
{
    /// <summary>Full path of the repository.</summary>
    public string Path { get; } = path;
}
