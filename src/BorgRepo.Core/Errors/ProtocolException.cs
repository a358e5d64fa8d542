namespace BorgRepo.Core.Errors;

/// <summary>The other side of a connection sent what the serve protocol does not allow, or more than the limits.</summary>
public sealed class ProtocolException(string reason, Exception? innerException = null)
    : BorgRepositoryException($"The other side does not keep to the protocol: {reason}.", innerException)
{
    /// <summary>What was met.</summary>
    public string Reason { get; } = reason;
}
