using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>The log is the truth, everything else is a cache: reproducers of reports from the field.</summary>
public sealed class CacheLessonTests
{
    private const string All = "k1=abc k2=def k3=ghi";

    public static TheoryData<string, int> Damages => new()
    {
        { "index.1", 0 }, { "index.1", 1 }, { "index.1", 17 }, { "index.1", 18 }, { "index.1", 20_000 }, { "index.1", 41_257 },
        { "hints.1", 0 }, { "hints.1", 1 }, { "hints.1", 30 }, { "integrity.1", 0 }, { "integrity.1", 50 },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_cache_file_cut_short_at_any_length_costs_a_replay_and_no_data(string file, int length)
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Write(file, repository.Read(file)[..length]);
        AssertHeals(repository);
        // The same without digests to tell.
        repository = ThreeObjects();
        repository.Write(file, repository.Read(file)[..length]).Delete("integrity.1");
        AssertHeals(repository);
    }

    [Theory]
    [InlineData("index.1")]
    [InlineData("hints.1")]
    [InlineData("integrity.1")]
    [InlineData("index.1 hints.1")]
    [InlineData("index.1 hints.1 integrity.1")]
    [InlineData("hints.1 integrity.1")]
    public void Any_of_the_cache_files_may_be_missing(string files)
    {
        ScriptedRepository repository = ThreeObjects();
        foreach (string file in files.Split(' '))
        {
            repository.Delete(file);
        }

        AssertHeals(repository);
    }

    [Theory]
    [InlineData("index.1")]
    [InlineData("hints.1")]
    public void A_flipped_bit_anywhere_in_a_cache_file_is_noticed_by_its_digest(string file)
    {
        int length = ThreeObjects().Read(file).Length;
        Random random = new(1);
        for (int i = 0; i < 40; i++)
        {
            int at = i < 20 ? Math.Min(i, length - 1) : random.Next(length);
            ScriptedRepository repository = ThreeObjects();
            repository.Edit(file, content => content[at] ^= (byte)(1 << random.Next(8)));
            AssertHeals(repository);
            Assert.NotEmpty(repository.Warnings);
        }
    }

    [Fact]
    public void Index_and_hints_are_rebuilt_together()
    {
        // Old hints beside a new index give wrong use counts, which stopped compaction for years.
        ScriptedRepository repository = ThreeObjects();
        string hints = Convert.ToHexStringLower(repository.Read("hints.1"));
        repository.Delete("index.1").Delete("integrity.1").Edit("hints.1", content => content[20] ^= 0xff);
        Assert.Equal(All, repository.Objects());
        Assert.Equal(hints.Length, repository.Read("hints.1").Length * 2);
    }

    [Fact]
    public void Hints_lost_while_the_index_is_older_than_the_log_heal_at_the_first_attempt()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Delete("hints.1").Segment(2, "P(k4,\"jkl\")").Segment(3, "C");
        using (Repository session = repository.Open())
        {
            session.Put(SegmentScript.Key(5), "mno"u8);
            Assert.Equal(5u, session.CommitUncompacted());
        }

        Assert.Equal(All + " k4=jkl k5=mno", repository.Objects());
    }

    [Fact]
    public void An_index_without_any_commit_needs_a_check_and_no_file_is_touched()
    {
        ScriptedRepository repository = ThreeObjects();
        for (int transaction = 0; transaction < 2; transaction++)
        {
            using Repository session = repository.Open();
            session.Put(SegmentScript.Key(4 + transaction), "more"u8);
            session.CommitUncompacted();
        }

        repository.Delete("data/0/1").Delete("data/0/3").Delete("data/0/5");
        SortedDictionary<string, string> before = repository.Files();
        foreach (SessionAccess access in Enum.GetValues<SessionAccess>())
        {
            using Repository session = repository.Open(access);
            Assert.Throws<CheckNeededException>(() => session.Count);
            Assert.Throws<CheckNeededException>(() => session.Get(SegmentScript.Key(1)));
            if (access == SessionAccess.Write)
            {
                Assert.Throws<CheckNeededException>(() => session.Put(SegmentScript.Key(1), "x"u8));
            }
        }

        Assert.Equal(before, repository.Files());
    }

    [Fact]
    public void A_replay_says_why_it_runs_and_shows_how_far_it_is()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Delete("index.1");
        List<OperationProgress> progress = [];
        using Repository session = repository.Open(services: repository.Services with { Progress = progress.Add });
        Assert.Equal(3, session.Count);
        Assert.NotEmpty(repository.Warnings);
        Assert.NotEmpty(progress);
        Assert.All(progress, step => Assert.InRange(step.DoneBytes, 0, step.TotalBytes));
    }

    [Fact]
    public void Reading_without_a_lock_writes_nothing_even_if_the_index_is_missing()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Delete("index.1").Delete("hints.1");
        repository.FileSystem.IsReadOnly = true;
        Assert.Equal(All, repository.Objects(SessionAccess.ReadNoLock));
    }

    [Fact]
    public void Recovering_twice_gives_the_same_as_once_wherever_the_first_attempt_was_interrupted()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Segment(2, "P(k4,\"jkl\") D(k1)").Segment(3, "C");
        WatchedFileSystem counted = new(repository.FileSystem.Copy(), repository.Path);
        using (Repository session = Open(repository, counted))
        {
            Assert.Equal(3, session.Count);
        }

        SortedDictionary<string, string>? expected = null;
        for (int stop = 1; stop <= counted.Operations.Count; stop++)
        {
            Simulation.MemoryFileSystem files = repository.FileSystem.Copy();
            Simulation.MemoryFileSystem? left = null;
            WatchedFileSystem watched = new(files, repository.Path)
            {
                Before = (number, _) => left = number == stop ? files.Copy() : left,
            };
            using (Repository session = Open(repository, watched))
            {
                Assert.Equal(3, session.Count);
            }

            // The lock that the killed process held is taken over, since its host says that it is dead.
            Simulation.SimulatedEnvironment next = new(processId: 2);
            using (Repository session = Repository.Open(
                repository.Path, new OpenOptions { Access = SessionAccess.Write, LockWait = TimeSpan.Zero }, new RepositoryServices(left!, next), TestContext.Current.CancellationToken))
            {
                Assert.Equal("k2=def k3=ghi k4=jkl", ScriptedRepository.Describe(session));
            }

            // Files of the former generation and unfinished ones may remain; the next transaction sweeps them up.
            SortedDictionary<string, string> found = new(
                left!.Files(repository.Path).Where(file => !file.Contains(".tmp", StringComparison.Ordinal) && !file.EndsWith(".1", StringComparison.Ordinal))
                    .ToDictionary(file => file, file => Convert.ToHexStringLower(left!.ReadAllBytes(file))),
                StringComparer.Ordinal);
            expected ??= found;
            Assert.Equal(expected.Keys, found.Keys);
            Assert.All(expected, file => Assert.True(file.Value == found[file.Key], $"stopped before {counted.Operations[stop - 1]}: {file.Key} is {found[file.Key]}"));
        }
    }

    private static Repository Open(ScriptedRepository repository, IFileSystem files) =>
        repository.Open(services: repository.Services with { FileSystem = files });

    private static ScriptedRepository ThreeObjects() => new ScriptedRepository().WithThreeObjects();

    private static void AssertHeals(ScriptedRepository repository)
    {
        Assert.Equal(All, repository.Objects());
        using (Repository session = repository.Open())
        {
            session.Put(SegmentScript.Key(2), "new"u8);
            Assert.NotNull(session.CommitUncompacted());
        }

        int warnings = repository.Warnings.Count;
        Assert.Equal("k1=abc k2=new k3=ghi", repository.Objects(SessionAccess.Write));
        Assert.Equal(warnings, repository.Warnings.Count);
    }
}
