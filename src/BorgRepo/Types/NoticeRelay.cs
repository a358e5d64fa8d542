using System.Collections.Concurrent;
using BorgRepo.Commands;
using BorgRepo.Core.Storage;

namespace BorgRepo;

/// <summary>
/// Brings what the engine has to say during a call to the cmdlet that makes the call. A session outlives the cmdlet that
/// opened it, and several runspaces may read from it at once; the engine speaks on the thread of the call, so the thread
/// tells whose words they are. Outside a cmdlet nobody listens.
/// </summary>
internal sealed class NoticeRelay
{
    private readonly ConcurrentDictionary<int, IEngineUser> _listeners = new();

    /// <summary>Makes a cmdlet, or the drive, the listener on this thread until the scope ends.</summary>
    public Scope Listen(IEngineUser user)
    {
        int thread = Environment.CurrentManagedThreadId;
        _listeners.TryGetValue(thread, out IEngineUser? former);
        _listeners[thread] = user;
        return new Scope(this, thread, former);
    }

    /// <summary>Passes a message on.</summary>
    public void OnNotice(RepositoryNotice notice)
    {
        if (_listeners.TryGetValue(Environment.CurrentManagedThreadId, out IEngineUser? user))
        {
            user.OnNotice(notice);
        }
    }

    /// <summary>Passes progress on.</summary>
    public void OnProgress(OperationProgress progress)
    {
        if (_listeners.TryGetValue(Environment.CurrentManagedThreadId, out IEngineUser? user))
        {
            user.OnProgress(progress);
        }
    }

    /// <summary>Writes a message to the stream of its level; whoever calls knows that it may write now.</summary>
    public static void Write(RepositoryNotice notice, Action<string> debug, Action<string> verbose, Action<string> warning)
    {
        Action<string> write = notice.Level switch
        {
            NoticeLevel.Debug => debug,
            NoticeLevel.Information => verbose,
            _ => warning,
        };
        write(notice.Message);
    }

    /// <summary>Ends a listening. The former listener comes back: cmdlets of one pipeline nest on one thread.</summary>
    internal sealed class Scope(NoticeRelay relay, int thread, IEngineUser? former) : IDisposable
    {
        public void Dispose()
        {
            if (former is null)
            {
                relay._listeners.TryRemove(thread, out _);
            }
            else
            {
                relay._listeners[thread] = former;
            }
        }
    }
}
