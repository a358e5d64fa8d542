using System.Runtime.InteropServices;

namespace BorgRepo.Core.Remote;

/// <summary>
/// Stops a server when the process is told to end. The signal then takes its usual course: the process ends as killed by
/// it, only with the lock released before.
/// </summary>
public sealed class ServerSignals : IDisposable
{
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _hangUp;

    /// <summary>Watches until disposed.</summary>
    public ServerSignals(RepositoryServer server)
    {
        // The client's end of the line: sshd sends the one, a service manager the other.
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => server.Stop());
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => server.Stop());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _terminate.Dispose();
        _hangUp.Dispose();
    }
}
