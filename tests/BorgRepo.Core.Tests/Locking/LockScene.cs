using System.Collections.Concurrent;
using System.Text;
using BorgRepo.Core.Locking;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Locking;

/// <summary>One repository folder in memory and simulated processes around it, on one clock.</summary>
internal sealed class LockScene
{
    public const string Repository = "/backup/repo";
    public const string LockDirectory = Repository + "/lock.exclusive";
    public const string RosterFile = Repository + "/lock.roster";
    public const string Host = "host.example@1";

    public LockScene()
    {
        Files = new MemoryFileSystem(Clock);
        Files.AddDirectory(Repository);
    }

    public SimulatedTime Clock { get; } = new();

    public MemoryFileSystem Files { get; }

    public ConcurrentQueue<RepositoryNotice> Notices { get; } = new();

    public string? Roster => Files.GetInfo(RosterFile).Kind == PathKind.File ? Encoding.UTF8.GetString(Files.ReadAllBytes(RosterFile)) : null;

    public IReadOnlyList<string> LockFiles => Files.GetInfo(LockDirectory).Kind == PathKind.Directory ? [.. Files.List(LockDirectory).Select(i => i.Name)] : [];

    public IReadOnlyList<string> NamesInRepository => [.. Files.List(Repository).Select(i => i.Name)];

    public IReadOnlyList<string> Warnings => [.. Notices.Where(n => n.Level == NoticeLevel.Warning).Select(n => n.Message)];

    public SimulatedEnvironment Process(int id = 1000, string host = Host) => new(Clock, id, host, seed: id);

    public RepositoryServices Services(SimulatedEnvironment process) => new(Files, process, Notices.Enqueue);

    public RepositoryLock Lock(SimulatedEnvironment process) => new(Services(process), Repository);

    public LockScene PutRoster(string text)
    {
        Files.WriteAllBytes(RosterFile, Encoding.UTF8.GetBytes(text));
        return this;
    }

    public LockScene PutLockFile(string name)
    {
        Files.WriteAllBytes($"{LockDirectory}/{name}", []);
        return this;
    }
}
