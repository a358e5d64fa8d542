using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Sessions;

/// <summary>
/// One seeded life of a repository: sessions opened, used and closed or killed, transactions committed and rolled back, cache
/// files lost; and beside it the dictionary that says what must be there.
/// </summary>
internal sealed class RandomSession
{
    private const int IdCount = 60;

    private readonly Random _random;
    private readonly ScriptedRepository _repository;
    private readonly StringBuilder _trace = new();
    private readonly bool _mayCompact;
    private SortedDictionary<ObjectId, byte[]> _committed = [];
    private SortedDictionary<ObjectId, byte[]> _pending = [];
    private MemoryFileSystem _files;
    private int _process = 10;

    public RandomSession(int seed)
    {
        _random = new Random(seed);
        _mayCompact = seed % 2 == 0;
        _repository = new ScriptedRepository(segmentsPerDirectory: _random.Next(1, 6), maxSegmentSize: _random.Next(1, 700));
        _files = _repository.FileSystem;
        _trace.Append(System.Globalization.CultureInfo.InvariantCulture, $"seed {seed}:");
    }

    /// <summary>What happened so far, for the message of a failure.</summary>
    public string Trace => _trace.ToString();

    public void Run(int sessions)
    {
        for (int i = 0; i < sessions; i++)
        {
            RunOne();
            LoseCaches();
        }

        Say("end");
        _pending = _committed;
        using Repository last = Open(SessionAccess.Read);
        Compare(last);
    }

    private void RunOne()
    {
        SessionAccess access = Chance(75) ? SessionAccess.Write : Chance(50) ? SessionAccess.Read : SessionAccess.ReadNoLock;
        Say($"\nopen {access}");
        _pending = new(_committed);
        Repository session = Open(access);
        try
        {
            for (int steps = _random.Next(1, 25); steps > 0; steps--)
            {
                if (access == SessionAccess.Write)
                {
                    Change(session);
                }
                else
                {
                    Read(session);
                }
            }

            if (Chance(30))
            {
                Compare(session);
            }

            // Not in the first transaction: what that leaves behind is a matter for check and repair.
            if (access == SessionAccess.Write && Chance(20) && HasCommitted())
            {
                // As if the process were killed: the next one finds the files as they are now, its lock too.
                Say("kill");
                _files = _files.Copy();
                _process++;
            }
        }
        finally
        {
            // After a kill this works on files that nobody looks at any more.
            session.Dispose();
        }
    }

    private void Change(Repository session)
    {
        ObjectId id = NextId();
        switch (_random.Next(10))
        {
            case < 4:
                byte[] value = NextValue();
                Say($"put {Name(id)}");
                session.Put(id, value);
                _pending[id] = value;
                break;
            case < 6:
                Say($"delete {Name(id)}");
                if (_pending.Remove(id))
                {
                    session.Delete(id);
                }
                else
                {
                    Assert.Throws<ObjectNotFoundException>(() => session.Delete(id));
                }

                break;
            case < 8:
                Read(session);
                break;
            case 8:
                bool compact = _mayCompact && Chance(40);
                Say(compact ? "commit+compact" : "commit");
                session.Commit(new CommitOptions { Compact = compact, Threshold = _random.NextDouble() / 2 }, TestContext.Current.CancellationToken);
                _committed = new(_pending);
                break;
            default:
                if (Chance(40))
                {
                    Say("rollback");
                    session.Rollback();
                    _pending = new(_committed);
                }

                break;
        }
    }

    private void Read(Repository session)
    {
        ObjectId id = NextId();
        if (_pending.TryGetValue(id, out byte[]? value))
        {
            Assert.True(session.Contains(id));
            Assert.Equal(value, session.Get(id));
            Assert.Equal(value.Length, session.Find(id).Size);
        }
        else
        {
            Assert.False(session.Contains(id));
            Assert.Throws<ObjectNotFoundException>(() => session.Get(id));
        }

        Assert.Equal(_pending.Count, session.Count);
    }

    /// <summary>All that can be asked, against the dictionary; in pages, too.</summary>
    private void Compare(Repository session)
    {
        Assert.Equal(_pending.Count, session.Count);
        List<ObjectId> all = [.. session.List()];
        Assert.Equal(_pending.Keys, all.Order());
        int page = _random.Next(1, 20);
        List<ObjectId> paged = [];
        for (int before = -1; before != paged.Count;)
        {
            before = paged.Count;
            paged.AddRange(session.List(page, before == 0 ? null : paged[^1]));
        }

        Assert.Equal(all, paged);
        Assert.Equal(_pending.Keys, session.Scan(cancellationToken: TestContext.Current.CancellationToken).Select(info => info.Id).Order());
        Assert.All(_pending, item => Assert.Equal(item.Value, session.Get(item.Key)));
    }

    private void LoseCaches()
    {
        if (!Chance(15))
        {
            return;
        }

        foreach (string path in _files.Files(_repository.Path).Where(IsCache).Where(_ => Chance(50)).ToList())
        {
            Say($"lose {Path.GetFileName(path)}");
            _files.DeleteFile(path);
        }
    }

    private Repository Open(SessionAccess access) => Repository.Open(
        _repository.Path,
        new OpenOptions { Access = access, LockWait = TimeSpan.Zero },
        new RepositoryServices(_files, new SimulatedEnvironment(processId: _process)),
        TestContext.Current.CancellationToken);

    private ObjectId NextId()
    {
        int number = _random.Next(IdCount);
        byte[] id = SegmentScript.Key(number).ToArray();
        id[3] = (byte)(number * 37);
        return number == 0 ? ObjectId.Manifest : new ObjectId(id);
    }

    private byte[] NextValue()
    {
        byte[] value = new byte[Chance(10) ? 0 : _random.Next(1, 200)];
        _random.NextBytes(value);
        return value;
    }

    private bool HasCommitted() => _files.Files(_repository.Path).Any(path => Path.GetFileName(path).StartsWith("index.", StringComparison.Ordinal));

    private bool Chance(int percent) => _random.Next(100) < percent;

    private void Say(string what) => _trace.Append(' ').Append(what).Append(';');

    private static string Name(in ObjectId id) => id.ToString()[62..];

    private static bool IsCache(string path) =>
        Path.GetFileName(path) is { } name && (name.StartsWith("index.", StringComparison.Ordinal)
            || name.StartsWith("hints.", StringComparison.Ordinal) || name.StartsWith("integrity.", StringComparison.Ordinal));
}
