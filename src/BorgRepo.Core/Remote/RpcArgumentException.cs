namespace BorgRepo.Core.Remote;

/// <summary>An argument of a request cannot be used. Only its answer suffers.</summary>
internal sealed class RpcArgumentException(string className, string message) : Exception(message)
{
    /// <summary>Name of the error class that the client is told.</summary>
    public string ClassName { get; } = className;
}
