using BorgRepo.Core;

namespace BorgRepo;

/// <summary>
/// Closes a repository when the process ends: who leaves PowerShell with a session or a drive open must not leave a lock
/// behind, which on another host counts as that of a living process. It knows the engine only, not the session, which can
/// so still be collected and then closes it by its finalizer.
/// </summary>
internal sealed class ExitHook : IDisposable
{
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

    private void OnExit(object? sender, EventArgs e) => Close();
}
