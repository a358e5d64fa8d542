using System.Text.Json;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Locking;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Copying;

/// <summary>
/// The lock of a repository behind rclone: the same names as borg's. Most storages have nothing that only one of two can do,
/// so this one is looked at, taken, and looked at again; whoever then sees another one steps back.
/// </summary>
internal sealed class RcloneLock(RcloneRemote remote, RepositoryServices services, string name)
{
    private const string Folder = "lock.exclusive";
    private const string Roster = "lock.roster";
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private LockIdentity _own;
    private bool _isHeld;

    /// <summary>Takes it.</summary>
    public void Acquire(TimeSpan? wait, CancellationToken cancellationToken)
    {
        _own = new LockIdentity(services.Environment.HostId, services.Environment.ProcessId, 0);
        LockTimer timer = new(services.Environment, wait);
        while (true)
        {
            List<string> others = FindOthers(cancellationToken);
            if (others.Count == 0)
            {
                remote.Write($"{Folder}/{_own.FileName}", 0, _ => { }, null, cancellationToken);
                _isHeld = true;
                others = FindOthers(cancellationToken);
                if (others.Count == 0)
                {
                    return;
                }

                Release();
            }

            if (!timer.TryWait(s_interval, cancellationToken))
            {
                throw new LockTimeoutException($"{name}/{Folder}", others);
            }
        }
    }

    /// <summary>Asks whether it is still there.</summary>
    public void RequireHeld(CancellationToken cancellationToken)
    {
        if (!remote.List(Folder, cancellationToken).ContainsKey(_own.FileName))
        {
            _isHeld = false;
            throw new LockLostException($"{name}/{Folder}", "somebody broke it while the repository was copied.");
        }
    }

    /// <summary>Gives it back.</summary>
    public void Release()
    {
        if (_isHeld)
        {
            _isHeld = false;
            remote.Delete($"{Folder}/{_own.FileName}", CancellationToken.None);
            remote.RemoveEmptyFolders(Folder, andItself: true, CancellationToken.None);
        }
    }

    private List<string> FindOthers(CancellationToken cancellationToken)
    {
        List<string> others = [];
        foreach (string file in remote.List(Folder, cancellationToken).Keys.Where(file => file != _own.FileName))
        {
            if (LockIdentity.TryParseFileName(file, out LockIdentity identity) && IsDead(identity))
            {
                services.Notify(NoticeLevel.Warning, $"A lock of a process that is dead was removed: {file}.");
                remote.Delete($"{Folder}/{file}", cancellationToken);
                continue;
            }

            others.Add(file);
        }

        others.AddRange(FindReaders(cancellationToken));
        return others;
    }

    private IEnumerable<string> FindReaders(CancellationToken cancellationToken)
    {
        using MemoryStream roster = new();
        if (!remote.TryRead(Roster, bytes => roster.Write(bytes), cancellationToken))
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(roster.ToArray());
            return document.RootElement.TryGetProperty("shared", out JsonElement shared)
                ? [.. shared.EnumerateArray().Select(reader => reader.ToString())]
                : [];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // As borg has it: a roster that cannot be read is an empty one.
            return [];
        }
    }

    private bool IsDead(LockIdentity identity) =>
        identity.Host == _own.Host && identity.Thread == 0 && !services.Environment.IsProcessAlive(identity.ProcessId);
}
