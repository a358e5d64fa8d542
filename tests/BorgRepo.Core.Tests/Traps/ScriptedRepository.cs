using System.Globalization;
using System.Text;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>A repository in memory whose files a test lays down byte by byte, and which it then opens with the engine.</summary>
internal sealed class ScriptedRepository
{
    private static int _count;

    private readonly List<RepositoryNotice> _notices = [];
    private readonly int _segmentsPerDirectory;

    public ScriptedRepository(int segmentsPerDirectory = 1000, long maxSegmentSize = 1_000_000, bool appendOnly = false, string? config = null)
    {
        // A path of its own: what this process has locked is remembered by path, and tests run side by side.
        Path = System.IO.Path.GetFullPath($"/repository-{Interlocked.Increment(ref _count)}");
        _segmentsPerDirectory = segmentsPerDirectory;
        Environment = new SimulatedEnvironment();
        Services = ServicesOf(Environment);
        FileSystem.AddDirectory(PathOf("data"));
        WriteText("README", "This is a Borg Backup repository.\nSee https://borgbackup.readthedocs.io/\n");
        WriteText("config", config ?? Config(segmentsPerDirectory, maxSegmentSize, appendOnly: appendOnly));
    }

    public string Path { get; }

    public MemoryFileSystem FileSystem { get; } = new();

    public SimulatedEnvironment Environment { get; }

    public RepositoryServices Services { get; }

    public IReadOnlyList<string> Warnings =>
        [.. _notices.Where(notice => notice.Level >= NoticeLevel.Warning).Select(notice => notice.Message)];

    public static string Config(int segmentsPerDirectory = 1000, long maxSegmentSize = 1_000_000, string extra = "", bool appendOnly = false) => string.Create(
        CultureInfo.InvariantCulture,
        $"[repository]\nversion = 1\nsegments_per_dir = {segmentsPerDirectory}\nmax_segment_size = {maxSegmentSize}\nappend_only = {(appendOnly ? 1 : 0)}\nstorage_quota = 0\nadditional_free_space = 0\nid = {new string('a', 64)}\n{extra}\n");

    /// <summary>The same file system as another process or host sees it.</summary>
    public RepositoryServices ServicesOf(RepositoryEnvironment environment) => new(FileSystem, environment, _notices.Add);

    public ScriptedRepository Segment(uint number, string script) => Write(
        string.Create(CultureInfo.InvariantCulture, $"data/{number / _segmentsPerDirectory}/{number}"), SegmentScript.Segment(script));

    public ScriptedRepository WriteText(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public ScriptedRepository Write(string name, byte[] content)
    {
        FileSystem.WriteAllBytes(PathOf(name), content);
        return this;
    }

    public byte[] Read(string name) => FileSystem.ReadAllBytes(PathOf(name));

    public string ReadText(string name) => Encoding.UTF8.GetString(Read(name));

    public bool Exists(string name) => FileSystem.GetInfo(PathOf(name)).Kind != PathKind.Missing;

    public ScriptedRepository Delete(string name)
    {
        FileSystem.DeleteFile(PathOf(name));
        return this;
    }

    /// <summary>Gives a file another name, whatever is there.</summary>
    public ScriptedRepository Rename(string name, string newName) => Write(newName, Read(name)).Delete(name);

    public ScriptedRepository Edit(string name, Action<byte[]> change)
    {
        byte[] content = Read(name);
        change(content);
        return Write(name, content);
    }

    public Repository Open(SessionAccess access = SessionAccess.Write, WriteFormat format = WriteFormat.Borg14, RepositoryServices? services = null) =>
        Repository.Open(
            Path,
            new OpenOptions { Access = access, WriteFormat = format, LockWait = TimeSpan.Zero },
            services ?? Services,
            TestContext.Current.CancellationToken);

    /// <summary>All files with their content in hex, to tell whether anything changed.</summary>
    public SortedDictionary<string, string> Files(string prefix = "")
    {
        SortedDictionary<string, string> result = new(StringComparer.Ordinal);
        foreach (string path in FileSystem.Files(Path))
        {
            string name = System.IO.Path.GetRelativePath(Path, path).Replace('\\', '/');
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                result.Add(name, Convert.ToHexStringLower(Read(name)));
            }
        }

        return result;
    }

    public SortedDictionary<string, string> DataFiles() => Files("data/");

    /// <summary>Commits k1 to k3 with the engine itself: the usual starting point.</summary>
    public ScriptedRepository WithThreeObjects()
    {
        using Repository repository = Open();
        repository.Put(SegmentScript.Key(1), "abc"u8);
        repository.Put(SegmentScript.Key(2), "def"u8);
        repository.Put(SegmentScript.Key(3), "ghi"u8);
        repository.CommitUncompacted();
        return this;
    }

    /// <summary>"k1=abc k2=..." of what a new session sees.</summary>
    public string Objects(SessionAccess access = SessionAccess.Read)
    {
        using Repository repository = Open(access);
        return Describe(repository);
    }

    public static string Describe(Repository repository) => string.Join(' ', repository.List().Order()
        .Select(id => $"{NameOf(id)}={Encoding.UTF8.GetString(repository.Get(id))}"));

    public string PathOf(string name) => System.IO.Path.Combine(Path, name.Replace('/', System.IO.Path.DirectorySeparatorChar));

    private static string NameOf(in ObjectId id) => id.IsManifest ? "zero" : "k" + Convert.ToInt32(id.ToString()[56..], 16);
}
