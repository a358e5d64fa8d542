namespace BorgRepo.Core.Errors;

/// <summary>The operation would remove old states, which an append-only repository forbids.</summary>
public sealed class AppendOnlyException(string path, string operation)
    : BorgRepositoryException($"{path} is in append-only mode: {operation} is refused.")
{
    /// <summary>Full path of the repository.</summary>
    public string Path { get; } = path;

    /// <summary>The operation that was refused.</summary>
    public string Operation { get; } = operation;
}
