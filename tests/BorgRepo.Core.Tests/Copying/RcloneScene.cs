using BorgRepo.Core.Copying;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>A repository on the disk and a remote of rclone.</summary>
internal sealed class RcloneScene : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestServices _services = new();
    private int _values;

    public RcloneScene(Func<string, string>? location = null)
    {
        Rclone = InstalledRclone.FindOrSkip();
        Source = _folder.Combine("source");
        Remote = _folder.Combine("remote");
        Work = _folder.Combine("work");
        Directory.CreateDirectory(Work);
        Directory.CreateDirectory(Remote);
        Copy = System.IO.Path.Combine(Remote, "copy");
        Location = location?.Invoke("copy") ?? $"rclone::local:{Copy}";
        Repository.Create(Source, new CreateOptions { MaxSegmentSize = 300, SegmentsPerDirectory = 4 }, _services.Services);
    }

    public InstalledRclone Rclone { get; }

    public string Source { get; }

    public string Remote { get; }

    public string Work { get; }

    /// <summary>The copy as a folder of this computer, which it is in all of these tests.</summary>
    public string Copy { get; }

    public string Location { get; set; }

    public Dictionary<ObjectId, byte[]> Objects { get; } = [];

    public RepositoryContents SourceContents => new(Objects);

    public RcloneScene Commit(bool compact, params (int Number, int Size)[] changes)
    {
        using Repository session = Open(Source, SessionAccess.Write);
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

        session.Commit(new CommitOptions { Compact = compact, Threshold = 0, RemoveEmptyCommits = compact && _values % 2 == 0 }, TestContext.Current.CancellationToken);
        return this;
    }

    public CopyReport Run(CopyOptions? options = null)
    {
        using Repository source = Open(Source, SessionAccess.Read);
        using RcloneDestination destination = new(Location, Work, Rclone, _services.Services);
        return source.CopyTo(destination, options ?? new CopyOptions { Mirror = true, LockWait = TimeSpan.Zero }, TestContext.Current.CancellationToken);
    }

    /// <summary>The same copy, made without rclone: quicker.</summary>
    public void RunLocally()
    {
        using Repository source = Open(Source, SessionAccess.Read);
        source.CopyTo(Copy, new CopyOptions(), TestContext.Current.CancellationToken);
    }

    public RepositoryContents CopyContents()
    {
        if (!Repository.IsRepository(Copy, _services.Services))
        {
            return RepositoryContents.Absent;
        }

        using Repository copy = Open(Copy, SessionAccess.ReadNoLock);
        return new RepositoryContents(copy.List().ToDictionary(id => id, id => copy.Get(id)));
    }

    public RepositoryContents LogContents()
    {
        MemoryFileSystem disk = new();
        foreach (string file in Directory.EnumerateFiles(Copy, "*", SearchOption.AllDirectories))
        {
            disk.WriteAllBytes("/copy/" + System.IO.Path.GetRelativePath(Copy, file), File.ReadAllBytes(file));
        }

        return new RepositoryContents(LogOracle.Read(DiskContents.Of(disk), "/copy"));
    }

    public void RequireFinished()
    {
        Assert.Equal(SourceContents, CopyContents());
        Assert.Equal(SourceContents, LogContents());
        Assert.Equal(Files(Source), Files(Copy));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Work));
        string[] besides = [.. Directory.EnumerateFileSystemEntries(Copy).Select(System.IO.Path.GetFileName).Where(name => name!.StartsWith("lock.", StringComparison.Ordinal) || name == "copy.tmp")!];
        Assert.Empty(besides);
    }

    public void Dispose() => _folder.Dispose();

    private static SortedDictionary<string, string> Files(string folder)
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            string name = System.IO.Path.GetRelativePath(folder, file);
            if (name != CopyManifest.FileName)
            {
                files.Add(name, Convert.ToHexStringLower(File.ReadAllBytes(file)));
            }
        }

        return files;
    }

    private Repository Open(string path, SessionAccess access) =>
        Repository.Open(path, new OpenOptions { Access = access }, _services.Services, TestContext.Current.CancellationToken);
}
