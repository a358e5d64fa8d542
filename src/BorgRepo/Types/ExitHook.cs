using BorgRepo.Core;

namespace BorgRepo;

/// <summary>
/// Closes a repository when the process ends: who leaves PowerShell with a session or a drive open must not leave a lock
/// behind, which on another host counts as that of a living process. It knows the engine only, not the session, which can
/// so still be collected and then closes it by its finalizer.
/// </summary>
internal sealed class ExitHook : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
    private readonly IObjectRepository _engine;

    public ExitHook(IObjectRepository engine)
    {
        _engine = engine;
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>Takes the hook away: the repository is about to be closed.</summary>
    public void Dispose() => AppDomain.CurrentDomain.ProcessExit -= OnExit;

    /// <summary>Closes the repository where nobody is left to be told of an error.</summary>
    public void Close()
    {
        Dispose();
        try
        {
            _engine.Dispose();
        }
        catch (Exception)
        {
            // Whatever it is: on the finalizer's thread it would end the process, and with it other sessions' work. The lock
            // stays; whoever comes next sees that its process is gone, at the latest when it is.
        }
    }

    // Not from here: closing waits for the call that is at work, and a check in another thread may take hours. Whoever says
    // exit wants to go; then the lock stays, as it does when a process is killed.
    private void OnExit(object? sender, EventArgs e) => Task.Run(Close).Wait(s_patience);
}
