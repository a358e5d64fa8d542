namespace BorgRepo.Core.Remote;

/// <summary>Carries an error that exists on the wire only.</summary>
internal sealed class RpcErrorException(RpcError error) : Exception(error.Message)
{
    /// <summary>What the client is told.</summary>
    public RpcError Error { get; } = error;
}
