using BorgRepo.Core.Checking;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Remote;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>
/// Runs a script of repository operations and keeps book of what the repository may hold at each moment, were the machine
/// to stop then.
/// </summary>
/// <param name="fileSystem">Where the repository is; its folder above is there.</param>
/// <param name="position">The present moment: how many disk operations there were so far.</param>
internal sealed class ScriptRun(IFileSystem fileSystem, Func<int> position) : IDisposable
{
    public const string RepositoryPath = "/backups/repo";

    private readonly SimulatedTime _time = new();
    private readonly List<(int From, RepositoryContents[] Accepted)> _expectations = [(0, [RepositoryContents.Absent])];
    private FaultingFileSystem? _process;
    private SimulatedEnvironment? _environment;
    private Repository? _session;
    private SortedDictionary<ObjectId, byte[]> _objects = [];
    private int _values;

    /// <summary>What the repository holds, or one of two while that is open.</summary>
    public RepositoryContents[] Accepted => _expectations[^1].Accepted;

    /// <summary>What it has to hold now, had the machine not stopped but an operation failed.</summary>
    public RepositoryContents[] AcceptedNow { get; private set; } = [RepositoryContents.Absent];

    /// <summary>The session; opened for writing if there is none.</summary>
    public Repository Session => _session ??= Open();

    public WriteFormat Format { get; set; }

    /// <summary>Bytes after which a session saves index and hints; 0: at each commit.</summary>
    public long IndexCheckpointSize { get; set; }

    /// <summary>The process at work, or the last one that was.</summary>
    public int ProcessId { get; private set; } = 100;

    /// <summary>What was allowed when so many disk operations had been made.</summary>
    public RepositoryContents[] AcceptedAt(int operations) => _expectations.Last(e => e.From <= operations).Accepted;

    /// <summary>An id with a short number; 0 is the manifest.</summary>
    public static ObjectId Id(int number)
    {
        Span<byte> bytes = stackalloc byte[ObjectId.Length];
        bytes.Clear();
        bytes[0] = (byte)number;
        bytes[^1] = (byte)(number >> 8);
        return new ObjectId(bytes);
    }

    public void Create(CreateOptions options)
    {
        Expect(RepositoryContents.Absent, new RepositoryContents([], quota: options.StorageQuota));
        Repository.Create(RepositoryPath, options, Services());
        Expect(Accepted[^1]);
    }

    public Repository Open(SessionAccess access = SessionAccess.Write)
    {
        _session?.Dispose();
        _session = Repository.Open(
            RepositoryPath,
            new OpenOptions { Access = access, WriteFormat = Format, LockWait = TimeSpan.FromSeconds(2), IndexCheckpointSize = IndexCheckpointSize },
            Services());
        return _session;
    }

    public void Close()
    {
        _session?.Dispose();
        _session = null;
        _objects = new SortedDictionary<ObjectId, byte[]>(Accepted[0].Objects.ToDictionary());
    }

    public void Put(int number, int size)
    {
        byte[] value = new byte[size];
        new Random(++_values).NextBytes(value);
        Session.Put(Id(number), value);
        _objects[Id(number)] = value;
    }

    public void Delete(int number)
    {
        if (_objects.ContainsKey(Id(number)))
        {
            Session.Delete(Id(number));
            _objects.Remove(Id(number));
        }
    }

    public void Commit(bool compact = false, bool removeEmptyCommits = false, double threshold = 0.1)
    {
        RepositoryContents next = Accepted[0].With(_objects);
        Expect([.. Accepted, next]);
        try
        {
            Session.Commit(new CommitOptions { Compact = compact, RemoveEmptyCommits = removeEmptyCommits, Threshold = threshold });
        }
        catch (IndexSaveException)
        {
            Expect(next);
            throw;
        }
        catch (Exception error) when (error is not ProcessKilledException)
        {
            AcceptedNow = Accepted[..^1];
            throw;
        }

        Expect(next);
    }

    public void Compact(double threshold) => Session.Compact(new CompactionOptions { Threshold = threshold });

    /// <summary>Index, hints or integrity file are gone, as if somebody had removed them.</summary>
    public void LoseCaches(params string[] kinds)
    {
        Close();
        foreach (DirectoryItem item in fileSystem.List(RepositoryPath).Where(item => kinds.Any(kind => item.Name.StartsWith(kind + ".", StringComparison.Ordinal))))
        {
            fileSystem.DeleteFile($"{RepositoryPath}/{item.Name}");
        }
    }

    /// <summary>A client writes through a server; its connection ends after some bytes.</summary>
    /// <param name="requests">All that the client would send. One of them commits.</param>
    /// <param name="sent">How many bytes of it are sent.</param>
    /// <param name="commit">Number of the request that commits.</param>
    /// <param name="objects">What the client changes before.</param>
    public void Serve(byte[] requests, int sent, long commit, IReadOnlyDictionary<ObjectId, byte[]> objects)
    {
        Close();
        RepositoryContents next = Accepted[0].With(Accepted[0].Objects.Where(item => !objects.ContainsKey(item.Key)).Concat(objects));
        Expect([.. Accepted, next]);
        RepositoryServices services = Services();
        ServerOptions options = new() { HomeDirectory = "/", WorkingDirectory = "/" };
        using MemoryStream input = new(requests, 0, Math.Min(sent, requests.Length));
        using MemoryStream output = new();
        using (RepositoryServer server = new(options, services.FileSystem, services.Environment, Stream.Null))
        {
            server.Run(input, output);
        }

        Dictionary<string, object?>? answer = Frame.UnpackAll(output.ToArray()).OfType<Dictionary<string, object?>>().FirstOrDefault(reply => Equals(reply["i"], commit));
        if (answer is null || !answer.ContainsKey("exception_class"))
        {
            Expect(answer is null ? Accepted[0] : next);
        }

        EndProcess();
        _objects = new SortedDictionary<ObjectId, byte[]>(Accepted[0].Objects.ToDictionary());
    }

    public CheckConclusion Check(bool repair) =>
        Session.Check(new CheckOptions { Repair = repair }, _ => { }).Conclusion;

    public void Rollback()
    {
        Session.Rollback();
        _objects = new SortedDictionary<ObjectId, byte[]>(Accepted[0].Objects.ToDictionary());
    }

    public void SaveKey(string text) =>
        Change(old => new RepositoryContents(old.Objects, text, old.Nonce, old.Quota), () => Session.SaveKey(text));

    public void SetQuota(long quota) =>
        Change(old => new RepositoryContents(old.Objects, old.Key, old.Nonce, quota), () => Session.UpdateSettings(null, quota, null));

    public void ReserveNonce(ulong next) =>
        Change(old => new RepositoryContents(old.Objects, old.Key, next, old.Quota), () => Session.CommitNonceReservation(next, Accepted[0].Nonce));

    /// <summary>Does something in a process that is killed after so many calls of the file system. What it wrote and did not sync is still in the memory of the machine.</summary>
    public void KillDuring(int calls, Action action)
    {
        _ = Session;
        int end = _process!.Calls + calls;
        _process.Plan = (number, _) => number >= end ? Fault.Killed : null;
        try
        {
            action();
        }
        catch (ProcessKilledException)
        {
            // As planned; it may also have been too fast.
        }
        catch
        {
            // It failed before it was killed, and goes on living.
            _process.Plan = null;
            throw;
        }

        EndProcess();
    }

    /// <summary>Looks what a killed process left. Nothing of it is certain before the next commit.</summary>
    public void Look(SessionAccess access = SessionAccess.Write)
    {
        RepositoryContents found = RepositoryContents.Read(Open(access));
        if (!Accepted.Contains(found))
        {
            throw new InvalidOperationException($"After the kill: {found}; expected: {string.Join(" or ", Accepted.AsEnumerable())}");
        }

        _objects = new SortedDictionary<ObjectId, byte[]>(found.Objects.ToDictionary());
        if (Accepted.Length > 1)
        {
            Expect([found, .. Accepted.Where(a => !a.Equals(found))]);
        }
    }

    /// <summary>Ends the process with its session, without any further effect on the disk if it was killed.</summary>
    public void EndProcess()
    {
        try
        {
            _session?.Dispose();
        }
        catch (ProcessKilledException)
        {
            // Dead already.
        }

        _session = null;
        _environment = null;
    }

    public void Dispose() => EndProcess();

    private void Change(Func<RepositoryContents, RepositoryContents> change, Action action)
    {
        RepositoryContents next = change(Accepted[0]);
        Expect([.. Accepted, next]);
        action();
        Expect(next);
    }

    private void Expect(params RepositoryContents[] accepted)
    {
        _expectations.Add((position(), accepted));
        AcceptedNow = accepted;
    }

    private RepositoryServices Services()
    {
        // Each simulated process has its own id and its own end, so that locks of dead ones are seen as such.
        if (_environment is null)
        {
            _environment = new SimulatedEnvironment(_time, ++ProcessId, seed: ProcessId);
            _process = new FaultingFileSystem(fileSystem);
        }

        return new RepositoryServices(_process!, _environment);
    }
}
