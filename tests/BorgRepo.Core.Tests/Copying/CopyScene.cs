using System.Text;
using BorgRepo.Core.Copying;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>A repository and the place of its copy, in memory. The clock moves on with each commit, as file times tell.</summary>
internal sealed class CopyScene
{
    private static int _count;

    private readonly List<RepositoryNotice> _notices = [];
    private int _processId = 100;
    private int _values;

    public CopyScene(CreateOptions? options = null, MemoryFileSystem? disk = null)
    {
        // A path of its own: what this process has locked is remembered by path, and tests run side by side.
        int number = Interlocked.Increment(ref _count);
        Source = $"/here-{number}/repo";
        Copy = $"/there-{number}/repo";
        Disk = disk ?? new MemoryFileSystem(Time);
        Disk.AddDirectory(Path.GetDirectoryName(Source)!);
        Disk.AddDirectory(Path.GetDirectoryName(Copy)!);
        Files = Disk;
        Format = options?.WriteFormat ?? WriteFormat.Borg14;
        Repository.Create(Source, options ?? new CreateOptions { MaxSegmentSize = 300, SegmentsPerDirectory = 4 }, Services());
    }

    private CopyScene(CopyScene other, MemoryFileSystem disk)
    {
        Source = other.Source;
        Copy = other.Copy;
        Format = other.Format;
        Objects = other.Objects;
        Disk = disk;
        Files = disk;
        _processId = 5000;
    }

    public string Source { get; }

    public string Copy { get; }

    public SimulatedTime Time { get; } = new();

    public MemoryFileSystem Disk { get; }

    /// <summary>What the engine works on; a test may put something in between.</summary>
    public IFileSystem Files { get; set; }

    public WriteFormat Format { get; }

    public Dictionary<ObjectId, byte[]> Objects { get; } = [];

    public IReadOnlyList<string> Warnings =>
        [.. _notices.Where(notice => notice.Level >= NoticeLevel.Warning).Select(notice => notice.Message)];

    /// <summary>The same places with the same paths on another disk.</summary>
    public CopyScene On(MemoryFileSystem disk) => new(this, disk);

    /// <summary>Set if the processes before a new one live; otherwise they count as dead, and their locks as left behind.</summary>
    public bool OthersLive { get; set; }

    /// <summary>Another process of this computer.</summary>
    public RepositoryServices Services()
    {
        SimulatedEnvironment environment = new(Time, ++_processId, seed: _processId);
        for (int id = 0; OthersLive && id < _processId; id++)
        {
            environment.AliveProcesses[id] = true;
        }

        return new RepositoryServices(Files, environment, _notices.Add);
    }

    /// <summary>One transaction. Sizes by number; below zero deletes.</summary>
    public CopyScene Commit(params (int Number, int Size)[] changes) => Commit(null, changes);

    /// <summary>One transaction with a compaction of everything that gives up a byte.</summary>
    public CopyScene CommitAndCompact(params (int Number, int Size)[] changes) =>
        Commit(new CommitOptions { Compact = true, Threshold = 0, RemoveEmptyCommits = true }, changes);

    /// <summary>One transaction whose compaction leaves the COMMITs of others alone.</summary>
    public CopyScene Commit(CommitOptions? options, params (int Number, int Size)[] changes)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        using Repository session = OpenSource(SessionAccess.Write);
        foreach ((int number, int size) in changes)
        {
            ObjectId id = ScriptRun.Id(number);
            if (size < 0)
            {
                session.Delete(id);
                Objects.Remove(id);
                continue;
            }

            byte[] value = new byte[size];
            new Random(++_values).NextBytes(value);
            session.Put(id, value);
            Objects[id] = value;
        }

        session.Commit(options ?? new CommitOptions { Compact = false }, TestContext.Current.CancellationToken);
        return this;
    }

    public Repository OpenSource(SessionAccess access = SessionAccess.Read) => Open(Source, access);

    public Repository OpenCopy(SessionAccess access = SessionAccess.Read) => Open(Copy, access);

    public Repository Open(string path, SessionAccess access) =>
        Repository.Open(path, new OpenOptions { Access = access, LockWait = TimeSpan.Zero, WriteFormat = Format }, Services(), TestContext.Current.CancellationToken);

    public CopyReport Run(CopyOptions? options = null, CancellationToken? cancellationToken = null)
    {
        using Repository source = OpenSource();
        return source.CopyTo(Copy, options ?? new CopyOptions { LockWait = TimeSpan.Zero }, cancellationToken ?? TestContext.Current.CancellationToken);
    }

    /// <summary>Everything that the copy holds, read without writing anything; Absent if it is no repository.</summary>
    public RepositoryContents CopyContents()
    {
        if (!Repository.IsRepository(Copy, Services()))
        {
            return RepositoryContents.Absent;
        }

        using Repository copy = OpenCopy(SessionAccess.ReadNoLock);
        return new RepositoryContents(copy.List().ToDictionary(id => id, id => copy.Get(id)));
    }

    public RepositoryContents SourceContents() => new(Objects);

    /// <summary>The copy tells what the source tells, with and without its index, and has its files.</summary>
    public void RequireFinished(params ReadOnlySpan<string> besides)
    {
        Assert.Equal(SourceContents(), CopyContents());
        Assert.Equal(SourceContents(), new RepositoryContents(LogOracle.Read(DiskContents.Of(Disk), Copy)));
        string[] own = ["config", CopyManifest.FileName, .. besides];
        Assert.Equal(FilesOf(Source).Where(file => file.Key != "config"), FilesOf(Copy).Where(file => !own.Contains(file.Key)));
    }

    public SortedDictionary<string, string> FilesOf(string folder)
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        // A process that died while it took a lock leaves parts of it; they are no part of the repository.
        foreach (string path in Disk.Files(folder).Where(path => !path.StartsWith(folder + "/lock.", StringComparison.Ordinal)))
        {
            files.Add(path[(folder.Length + 1)..], Convert.ToHexStringLower(Disk.ReadAllBytes(path)));
        }

        return files;
    }

    public string TextOf(string path) => Encoding.UTF8.GetString(Disk.ReadAllBytes(path));

    public string SegmentOf(string repository, uint number) => Disk.Files(repository + "/data").Single(path => path.EndsWith($"/{number}", StringComparison.Ordinal));

    /// <summary>Changes one byte, as bit rot does: without a trace in the file's time.</summary>
    public void Flip(string path, int offset)
    {
        byte[] content = Disk.ReadAllBytes(path);
        content[offset] ^= 0x10;
        Disk.WriteAllBytes(path, content);
    }
}
