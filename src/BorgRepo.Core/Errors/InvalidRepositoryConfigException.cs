namespace BorgRepo.Core.Errors;

/// <summary>The repository has a config that cannot be used (broken, or of a version this engine must not touch).</summary>
public sealed class InvalidRepositoryConfigException(string path, string reason)
    : BorgRepositoryException($"{path} does not have a valid configuration: {reason}")
{
    /// <summary>Full path of the repository.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
