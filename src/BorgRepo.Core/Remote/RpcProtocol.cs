namespace BorgRepo.Core.Remote;

/// <summary>Fixed numbers of the serve protocol.</summary>
internal static class RpcProtocol
{
    /// <summary>The protocol version that clients of borg 1.0 negotiate.</summary>
    public const int Version = 2;

    /// <summary>More ids than this in one answer kill the connection of a real client.</summary>
    public const int LongestIdList = 100_000;

    /// <summary>Requests that a client sends before it has seen the answer to the first of them.</summary>
    public const int MostInFlight = 100;

    /// <summary>
    /// The borg release whose behaviour this engine has, as clients see it. Clients compare it with the release that brought
    /// an argument; there is no upper bound.
    /// </summary>
    public static ReadOnlySpan<int> ServerVersion => [1, 4, 3, -1];

    /// <summary>
    /// The release that this client announces. Real servers only store it. It is one whose commits say themselves whether to
    /// compact.
    /// </summary>
    public static ReadOnlySpan<int> ClientVersion => [1, 2, 9, -1];
}
