namespace BorgRepo.Core.Errors;

/// <summary>Index and segments contradict each other in a way that must not be healed silently.</summary>
public sealed class CheckNeededException(string path, string reason)
    : BorgRepositoryException($"Inconsistency detected in {path}: {reason} Check the repository and repair it before writing.")
{
    /// <summary>Full path of the repository.</summary>
    public string Path { get; } = path;

    /// <summary>What contradicts what.</summary>
    public string Reason { get; } = reason;
}
