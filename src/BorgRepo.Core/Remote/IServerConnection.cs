namespace BorgRepo.Core.Remote;

/// <summary>The near ends of a server's standard streams.</summary>
public interface IServerConnection : IDisposable
{
    /// <summary>What the server reads. Closing it tells the server that the client is done.</summary>
    Stream Requests { get; }

    /// <summary>What the server answers.</summary>
    Stream Responses { get; }

    /// <summary>What the server has to say besides.</summary>
    Stream Messages { get; }

    /// <summary>Waits until the server has ended.</summary>
    /// <returns>False if it has not in that time.</returns>
    bool WaitForEnd(TimeSpan limit);
}
