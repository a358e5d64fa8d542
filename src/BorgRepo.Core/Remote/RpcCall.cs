namespace BorgRepo.Core.Remote;

/// <summary>A call that was sent. Everything in it belongs to the client's gate.</summary>
internal sealed class RpcCall(long id, bool isAwaited)
{
    /// <summary>Number of the message.</summary>
    public long Id { get; } = id;

    /// <summary>False if nobody waits: then only an error is kept.</summary>
    public bool IsAwaited { get; set; } = isAwaited;

    /// <summary>The answer, once it has come.</summary>
    public RpcReply? Reply { get; set; }
}
