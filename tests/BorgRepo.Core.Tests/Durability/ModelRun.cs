using BorgRepo.Core.Checking;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>A repository beside a dictionary: the same steps, the same answers. One writer, or up to two readers, and lookers without lock.</summary>
internal sealed class ModelRun : IDisposable
{
    private const string Path = "/backups/repo";
    private const int MostReaders = 2;
    private const int QuotaReserve = 2000;

    private readonly SimulatedTime _time = new();
    private readonly MemoryFileSystem _files;
    private readonly Dictionary<int, SimulatedEnvironment> _processes = [];
    private readonly List<(Repository Session, int Process)> _readers = [];
    private Repository? _writer;
    private FaultingFileSystem? _writerFiles;
    private int _writerProcess;
    private int _lastProcess = 100;
    private RepositoryContents _committed;
    private SortedDictionary<ObjectId, byte[]> _pending = [];
    private bool _isDoomed;
    private int _values;

    public ModelRun(long maxSegmentSize, int segmentsPerDirectory)
    {
        _files = new MemoryFileSystem(_time).AddDirectory("/backups");
        _committed = new RepositoryContents([]);
        Repository.Create(
            Path,
            new CreateOptions { MaxSegmentSize = maxSegmentSize, SegmentsPerDirectory = segmentsPerDirectory },
            new RepositoryServices(_files, new SimulatedEnvironment(_time)));
    }

    private Repository Writer => _writer ?? OpenWriter();

    /// <summary>Whoever is there to answer.</summary>
    private Repository Anyone => _writer ?? (_readers.Count > 0 ? _readers[0].Session : OpenWriter());

    private IReadOnlyDictionary<ObjectId, byte[]> Visible => _writer is null ? _committed.Objects : _pending;

    /// <summary>Does one step and compares.</summary>
    public void Do(ModelStep step)
    {
        ObjectId id = ScriptRun.Id(step.Key);
        if (_isDoomed && step.Action is (>= ModelAction.Get and <= ModelAction.ReadAll))
        {
            // Only a rollback is possible; what reads show until then is not promised.
            return;
        }

        switch (step.Action)
        {
            case ModelAction.Put or ModelAction.PutAgain or ModelAction.PutLarge:
                Put(id, step.Action == ModelAction.PutLarge ? step.Size * 200 : step.Size);
                break;
            case ModelAction.Delete:
                Delete(id);
                break;
            case ModelAction.Get or ModelAction.Contains or ModelAction.Find:
                Read(Anyone, id);
                break;
            case ModelAction.List:
                List(Anyone, step.Size);
                break;
            case ModelAction.Scan:
                Assert.Equal(Visible.Keys.Order(), Anyone.Scan().Select(info => info.Id).Order());
                break;
            case ModelAction.ReadAll:
                Assert.Equal(_committed.With(Visible), RepositoryContents.Read(Anyone));
                break;
            case ModelAction.Commit or ModelAction.CommitCompacting:
                Commit(step);
                break;
            case ModelAction.Compact or ModelAction.PlanCompaction:
                Compact(step);
                break;
            case ModelAction.Rollback:
                Writer.Rollback();
                ForgetPending();
                break;
            case ModelAction.Check:
                Check(step.Size % 2 == 0);
                break;
            case ModelAction.SaveKey:
                Writer.SaveKey($"key {step.Size}");
                _committed = new RepositoryContents(_committed.Objects, $"key {step.Size}", _committed.Nonce, _committed.Quota);
                break;
            case ModelAction.ReserveNonce:
                ulong next = (_committed.Nonce ?? 0) + (ulong)step.Size;
                Writer.CommitNonceReservation(next, _committed.Nonce);
                _committed = new RepositoryContents(_committed.Objects, _committed.Key, next, _committed.Quota);
                break;
            case ModelAction.LimitQuota:
                LimitQuota(step.Size % 3 == 0 ? 0 : Writer.QuotaUse + QuotaReserve + step.Size);
                break;
            case ModelAction.CloseWriter:
                CloseWriter();
                break;
            case ModelAction.KillWriter:
                KillWriter();
                break;
            case ModelAction.OpenReader:
                OpenReader();
                break;
            case ModelAction.CloseReader:
                CloseReader();
                break;
            case ModelAction.LookWithoutLock:
                using (Repository looker = Open(SessionAccess.ReadNoLock, _files, StartProcess()))
                {
                    Assert.Equal(_committed, RepositoryContents.Read(looker));
                }

                break;
            default:
                LoseCaches(step.Size);
                break;
        }
    }

    /// <summary>Closes what is open and compares once more.</summary>
    public void End()
    {
        Dispose();
        using (Repository last = Open(SessionAccess.Write, _files, StartProcess()))
        {
            Assert.Equal(_committed, RepositoryContents.Read(last));
        }

        Assert.DoesNotContain(_files.Files(Path), path => path.Contains("/lock.", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        CloseWriter();
        while (_readers.Count > 0)
        {
            CloseReader();
        }
    }

    private void Put(ObjectId id, int size)
    {
        byte[] value = new byte[size];
        new Random(++_values).NextBytes(value);
        Repository writer = Writer;
        if (_isDoomed)
        {
            Assert.Throws<StorageQuotaExceededException>(() => writer.Put(id, value));
            return;
        }

        try
        {
            writer.Put(id, value);
            _pending[id] = value;
        }
        catch (StorageQuotaExceededException) when (_committed.Quota > 0)
        {
            _isDoomed = true;
        }
    }

    private void Delete(ObjectId id)
    {
        Repository writer = Writer;
        if (_isDoomed)
        {
            Assert.Throws<StorageQuotaExceededException>(() => writer.Delete(id));
        }
        else if (_pending.Remove(id))
        {
            writer.Delete(id);
        }
        else
        {
            Assert.Throws<ObjectNotFoundException>(() => writer.Delete(id));
        }
    }

    private void Read(Repository session, ObjectId id)
    {
        if (Visible.TryGetValue(id, out byte[]? value))
        {
            Assert.Equal(value, session.Get(id));
            Assert.Equal(value.Length, session.Find(id).Size);
            Assert.True(session.Contains(id));
        }
        else
        {
            Assert.Throws<ObjectNotFoundException>(() => session.Get(id));
            Assert.False(session.TryFind(id, out _));
            Assert.False(session.Contains(id));
        }
    }

    private void List(Repository session, int limit)
    {
        ObjectId[] all = [.. session.List()];
        Assert.Equal(Visible.Keys.Order(), all.Order());
        List<ObjectId> pages = [];
        for (ObjectId? after = null; ;)
        {
            ObjectId[] page = [.. session.List((limit % 7) + 1, after)];
            if (page.Length == 0)
            {
                break;
            }

            pages.AddRange(page);
            after = page[^1];
        }

        Assert.Equal(all, pages);
    }

    private void Commit(ModelStep step)
    {
        CommitOptions options = new()
        {
            Compact = step.Action == ModelAction.CommitCompacting,
            Threshold = step.Size % 3 * 0.2,
            RemoveEmptyCommits = step.Size % 2 == 0,
        };
        Repository writer = Writer;
        if (_isDoomed)
        {
            Assert.Throws<StorageQuotaExceededException>(() => writer.Commit(options));
            ForgetPending();
            return;
        }

        writer.Commit(options);
        _committed = _committed.With(_pending);
    }

    private void Compact(ModelStep step)
    {
        Repository writer = Writer;
        CompactionOptions options = new() { Threshold = step.Size % 3 * 0.2, All = step.Size % 5 == 0, RemoveEmptyCommits = step.Size % 2 == 0, SkipUseless = step.Size % 4 == 0 };
        if (writer.InTransaction)
        {
            Assert.Throws<InvalidTransactionStateException>(() => writer.PlanCompaction(options));
            return;
        }

        CompactionReport plan = writer.PlanCompaction(options);
        if (step.Action == ModelAction.Compact)
        {
            // A plan is a promise.
            CompactionReport done = writer.Compact(options);
            Assert.Equal(plan.BytesAfter, done.BytesAfter);
            Assert.Equal(plan.TransactionId, done.TransactionId);
        }
    }

    private void Check(bool repair)
    {
        Repository session = repair ? Writer : Anyone;
        if (session.InTransaction)
        {
            return;
        }

        List<Finding> findings = [];
        CheckResult result = session.Check(new CheckOptions { Repair = repair }, findings.Add);
        Assert.DoesNotContain(findings, finding => finding.Severity == FindingSeverity.Error && finding.Kind != FindingKind.NoValidData);
        Assert.Empty(result.LostObjects);
    }

    private void LimitQuota(long quota)
    {
        Writer.UpdateSettings(null, quota, null);
        _committed = new RepositoryContents(_committed.Objects, _committed.Key, _committed.Nonce, quota);
    }

    private Repository OpenWriter()
    {
        // As long as others read nobody may write.
        if (_readers.Count > 0)
        {
            Assert.Throws<LockTimeoutException>(() => Open(SessionAccess.Write, _files, StartProcess()));
            while (_readers.Count > 0)
            {
                CloseReader();
            }
        }

        _writerProcess = StartProcess();
        _writerFiles = new FaultingFileSystem(_files);
        _writer = Open(SessionAccess.Write, _writerFiles, _writerProcess);
        ForgetPending();
        return _writer;
    }

    private void CloseWriter()
    {
        _writer?.Dispose();
        _writer = null;
        EndProcess(_writerProcess);
        ForgetPending();
    }

    private void KillWriter()
    {
        if (_writer is null || (_writer.InTransaction && _committed.Objects.Count == 0))
        {
            // What a first transaction leaves behind is a matter for a repair.
            return;
        }

        _writerFiles!.Plan = (_, _) => Fault.Killed;
        try
        {
            _writer.Dispose();
        }
        catch (ProcessKilledException)
        {
            // Dead.
        }

        _writer = null;
        EndProcess(_writerProcess);
        ForgetPending();
    }

    private void OpenReader()
    {
        if (_writer is not null)
        {
            Assert.Throws<LockTimeoutException>(() => Open(SessionAccess.Read, _files, StartProcess()));
            return;
        }

        if (_readers.Count < MostReaders)
        {
            // The second one lives in the process of the first.
            int process = _readers.Count == 0 ? StartProcess() : _readers[0].Process;
            _readers.Add((Open(SessionAccess.Read, _files, process), process));
        }

        Assert.Equal(_committed, RepositoryContents.Read(_readers[^1].Session));
    }

    private void CloseReader()
    {
        if (_readers.Count > 0)
        {
            (Repository session, int process) = _readers[^1];
            _readers.RemoveAt(_readers.Count - 1);
            session.Dispose();
            if (_readers.Count == 0)
            {
                EndProcess(process);
            }
        }
    }

    private void LoseCaches(int which)
    {
        if (_writer is null && _readers.Count == 0)
        {
            string kind = (which % 3) switch { 0 => "/index.", 1 => "/hints.", _ => "/integrity." };
            foreach (string path in _files.Files(Path).Where(path => path.Contains(kind, StringComparison.Ordinal)))
            {
                _files.DeleteFile(path);
            }
        }
    }

    private void ForgetPending()
    {
        _pending = new SortedDictionary<ObjectId, byte[]>(_committed.Objects.ToDictionary());
        _isDoomed = false;
    }

    private Repository Open(SessionAccess access, IFileSystem files, int process) => Repository.Open(
        Path,
        new OpenOptions { Access = access, LockWait = TimeSpan.Zero, IndexCheckpointSize = process % 2 == 0 ? 0 : 1 << (process % 17) },
        new RepositoryServices(files, _processes[process]));

    private int StartProcess()
    {
        SimulatedEnvironment started = new(_time, ++_lastProcess, seed: _lastProcess);
        foreach ((int id, SimulatedEnvironment other) in _processes)
        {
            other.AliveProcesses[_lastProcess] = true;
            started.AliveProcesses[id] = true;
        }

        _processes.Add(_lastProcess, started);
        return _lastProcess;
    }

    private void EndProcess(int process)
    {
        _processes.Remove(process);
        foreach (SimulatedEnvironment other in _processes.Values)
        {
            other.AliveProcesses.TryRemove(process, out _);
        }
    }
}
