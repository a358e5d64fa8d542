namespace BorgRepo.Core.Errors;

/// <summary>The connection to a server could not be made, or broke. What was not committed is lost; nothing is retried.</summary>
public sealed class RemoteConnectionException(string location, string reason, Exception? innerException = null)
    : BorgRepositoryException($"{location}: {reason}", innerException)
{
    /// <summary>The location of the repository.</summary>
    public string Location { get; } = location;

    /// <summary>What happened.</summary>
    public string Reason { get; } = reason;
}
