namespace BorgRepo.Core.Errors;

/// <summary>A server reported an error for which there is no type of its own here.</summary>
public sealed class RemoteServerException(string className, string message, string location)
    : BorgRepositoryException($"{location}: the server reports {className}: {message}")
{
    /// <summary>Name of the error class on the other side.</summary>
    public string ClassName { get; } = className;

    /// <summary>The message without the place.</summary>
    public string Reason { get; } = message;

    /// <summary>The location of the repository.</summary>
    public string Location { get; } = location;
}
