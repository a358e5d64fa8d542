using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>Committing, and what must be true if any step of it fails: reproducers of reports from the field.</summary>
public sealed class CommitLessonTests
{
    private const string Before = "k1=abc k2=def k3=ghi";
    private const string After = "k1=new k3=ghi k4=jkl";

    [Fact]
    public void Data_is_durable_before_the_commit_and_the_commit_before_the_caches_are_replaced()
    {
        ScriptedRepository repository = ThreeObjects();
        WatchedFileSystem watched = new(repository.FileSystem, repository.Path);
        using (Repository session = Open(repository, watched))
        {
            Change(session);
            session.CommitUncompacted();
        }

        List<string> steps = watched.Operations;
        AssertOrder(
            steps, "create 0/2", "write 0/2", "sync 0/2", "sync-folder 0", "create 0/3", "write 0/3", "sync 0/3", "sync-folder 0",
            "replace", "sync-folder .", "delete");
        // The caches: each is whole and durable before the first of them takes its place, and none of the old ones goes before.
        foreach (string file in (string[])["hints.3", "index.3", "integrity.3"])
        {
            int replaced = steps.FindIndex(step => step.StartsWith("replace ", StringComparison.Ordinal) && step.EndsWith(file, StringComparison.Ordinal));
            string temporary = steps[replaced].Split(' ')[1];
            int synced = steps.IndexOf($"sync {temporary}");
            Assert.InRange(synced, steps.LastIndexOf("sync-folder 0"), steps.FindIndex(step => step.StartsWith("replace ", StringComparison.Ordinal)));
            Assert.True(steps.LastIndexOf($"write {temporary}") < synced);
        }

        int lastReplace = steps.FindLastIndex(step => step.StartsWith("replace ", StringComparison.Ordinal) && step.Contains(".3", StringComparison.Ordinal));
        int firstOldRemoved = steps.FindIndex(step => step.StartsWith("delete ", StringComparison.Ordinal) && step.EndsWith(".1", StringComparison.Ordinal));
        Assert.InRange(steps.FindIndex(lastReplace, step => step == "sync-folder ."), lastReplace, firstOldRemoved);
    }

    [Fact]
    public void A_new_folder_for_segments_is_made_durable_before_its_first_segment()
    {
        ScriptedRepository repository = new(segmentsPerDirectory: 2);
        WatchedFileSystem watched = new(repository.FileSystem, repository.Path);
        using Repository session = Open(repository, watched);
        session.Put(SegmentScript.Key(1), "abc"u8);
        session.CommitUncompacted();
        AssertOrder(watched.Operations, "make-folder 0", "sync-folder data", "create 0/0");
    }

    /// <summary>Every k-th operation of a whole transaction fails once, in three ways; what is there afterwards is the old or the new state.</summary>
    [Theory]
    [InlineData("no space")]
    [InlineData("input/output error")]
    [InlineData("access denied")]
    public void Whichever_operation_fails_the_state_is_the_old_or_the_new_one_and_the_next_transaction_works(string failure)
    {
        ScriptedRepository repository = ThreeObjects();
        int operations = CountOperations(repository);
        Assert.InRange(operations, 15, 200);
        for (int fail = 1; fail <= operations; fail++)
        {
            MemoryFileSystem files = repository.FileSystem.Copy();
            WatchedFileSystem watched = new(files, repository.Path) { Before = (number, _) => FailAt(number, fail, failure) };
            bool committed = false;
            Exception? error = Record.Exception(() =>
            {
                using Repository session = Open(repository, watched);
                Change(session);
                session.CommitUncompacted();
                committed = true;
            });
            Assert.True(error is not null || committed);
            string what = $"operation {fail} ({watched.Operations[fail - 1]}) fails with {failure}: {error}";
            Assert.True(error is null or BorgRepositoryException or IOException or UnauthorizedAccessException, what);
            AssertOldOrNew(repository, files, mustBeNew: committed, what);
        }
    }

    [Fact]
    public void A_process_killed_before_any_operation_leaves_the_old_or_the_new_state()
    {
        ScriptedRepository repository = ThreeObjects();
        MemoryFileSystem files = repository.FileSystem.Copy();
        List<(string Operation, MemoryFileSystem Left)> killed = [];
        WatchedFileSystem watched = new(files, repository.Path) { Before = (_, operation) => killed.Add((operation, files.Copy())) };
        using (Repository session = Open(repository, watched))
        {
            Change(session);
            session.CommitUncompacted();
        }

        bool sawOld = false;
        bool sawNew = false;
        foreach ((string operation, MemoryFileSystem left) in killed)
        {
            bool isNew = AssertOldOrNew(repository, left, mustBeNew: sawNew, $"killed before: {operation}");
            sawOld |= !isNew;
            sawNew |= isNew;
        }

        Assert.True(sawOld && sawNew);
    }

    [Theory]
    [InlineData("write 0/2")]
    [InlineData("sync 0/2")]
    [InlineData("create 0/2")]
    public void After_a_failed_write_or_sync_put_and_commit_fail_until_the_rollback(string operation)
    {
        ScriptedRepository repository = new ScriptedRepository(maxSegmentSize: 150).WithThreeObjects();
        bool failed = false;
        WatchedFileSystem watched = new(repository.FileSystem, repository.Path)
        {
            Before = (_, step) =>
            {
                if (step == operation && !failed)
                {
                    failed = true;
                    throw new IOException("The disk has a problem.");
                }
            },
        };
        using (Repository session = Open(repository, watched))
        {
            Exception? error = Record.Exception(() =>
            {
                for (int i = 4; i < 12; i++)
                {
                    session.Put(SegmentScript.Key(i), "some more bytes, so that segments are closed"u8);
                }
            });
            Assert.NotNull(error);
            Assert.ThrowsAny<Exception>(() => session.Put(SegmentScript.Key(13), "x"u8));
            Assert.ThrowsAny<Exception>(() => session.Delete(SegmentScript.Key(1)));
            Assert.ThrowsAny<Exception>(() => session.CommitUncompacted());
            session.Rollback();
            Assert.Equal(Before, ScriptedRepository.Describe(session));
            session.Put(SegmentScript.Key(4), "jkl"u8);
            Assert.NotNull(session.CommitUncompacted());
        }

        Assert.Equal(Before + " k4=jkl", repository.Objects());
        // A sync that failed is never tried again on the same file before that was deleted.
        int first = watched.Operations.IndexOf(operation);
        int again = watched.Operations.IndexOf(operation, first + 1);
        Assert.True(again < 0 || operation == "create 0/2" || watched.Operations.FindIndex(first, step => step == "delete 0/2") is > 0 and int deleted && deleted < again);
    }

    [Fact]
    public void When_space_runs_out_the_segments_of_the_transaction_give_theirs_back()
    {
        ScriptedRepository repository = ThreeObjects();
        using (Repository session = repository.Open())
        {
            long used = repository.FileSystem.UsedBytes;
            repository.FileSystem.Capacity = used + 3_000_000;
            byte[] value = new byte[1_000_000];
            InsufficientFreeSpaceException error = Assert.Throws<InsufficientFreeSpaceException>(() =>
            {
                for (int i = 4; i < 20; i++)
                {
                    session.Put(SegmentScript.Key(i), value);
                }
            });
            Assert.NotNull(error.InnerException);
            Assert.InRange(repository.FileSystem.UsedBytes, 0, used + 1000);
            session.Rollback();
            Assert.Equal(Before, ScriptedRepository.Describe(session));
        }

        Assert.Equal(["data/0/0", "data/0/1"], repository.DataFiles().Keys);
        repository.FileSystem.Capacity = long.MaxValue;
        Assert.Equal(Before, repository.Objects());
    }

    [Fact]
    public void A_commit_that_would_not_fit_is_refused_before_anything_is_committed()
    {
        ScriptedRepository repository = ThreeObjects();
        using (Repository session = repository.Open())
        {
            Change(session);
            repository.FileSystem.Capacity = repository.FileSystem.UsedBytes + 50_000;
            InsufficientFreeSpaceException error = Assert.Throws<InsufficientFreeSpaceException>(() => session.CommitUncompacted());
            // Four times the index of 41258 bytes, and a bit.
            Assert.InRange(error.RequiredBytes, 4 * 41258, 4 * 41258 + 10_000);
            Assert.Equal(Before, ScriptedRepository.Describe(session));
        }

        repository.FileSystem.Capacity = long.MaxValue;
        Assert.Equal(Before, repository.Objects());
    }

    [Fact]
    public void A_broken_lock_stops_the_commit_and_nothing_is_changed()
    {
        ScriptedRepository repository = ThreeObjects();
        using (Repository session = repository.Open())
        {
            Change(session);
            Repository.BreakLock(repository.Path, repository.Services);
            Assert.Throws<LockLostException>(() => session.CommitUncompacted());
        }

        Assert.Equal(Before, repository.Objects());
    }

    private static ScriptedRepository ThreeObjects() => new ScriptedRepository().WithThreeObjects();

    private static void Change(Repository session)
    {
        session.Put(SegmentScript.Key(1), "new"u8);
        session.Delete(SegmentScript.Key(2));
        session.Put(SegmentScript.Key(4), "jkl"u8);
    }

    private static Repository Open(ScriptedRepository repository, IFileSystem files) =>
        repository.Open(services: repository.Services with { FileSystem = files });

    private static int CountOperations(ScriptedRepository repository)
    {
        WatchedFileSystem counted = new(repository.FileSystem.Copy(), repository.Path);
        using (Repository session = Open(repository, counted))
        {
            Change(session);
            session.CommitUncompacted();
        }

        return counted.Operations.Count;
    }

    private static void FailAt(int number, int fail, string failure)
    {
        if (number == fail)
        {
            throw failure switch
            {
                "no space" => new IOException("No space left.", FileSystemErrors.DiskFullHResult),
                "access denied" => new UnauthorizedAccessException("Access denied."),
                _ => new IOException("Input/output error."),
            };
        }
    }

    /// <summary>Opens what is left as another process, whose host says that the former one is dead.</summary>
    private static bool AssertOldOrNew(ScriptedRepository repository, MemoryFileSystem left, bool mustBeNew, string what)
    {
        RepositoryServices next = new(left, new SimulatedEnvironment(processId: 2));
        string found;
        using (Repository session = repository.Open(services: next))
        {
            found = ScriptedRepository.Describe(session);
            Assert.True(found == After || (!mustBeNew && found == Before), $"{what}: {found}");
            session.Put(SegmentScript.Key(9), "next"u8);
            Assert.NotNull(session.CommitUncompacted());
        }

        using Repository reader = repository.Open(SessionAccess.Read, services: next);
        Assert.Equal(found + " k9=next", ScriptedRepository.Describe(reader));
        return found == After;
    }

    private static void AssertOrder(List<string> steps, params string[] expected)
    {
        int at = 0;
        foreach (string wanted in expected)
        {
            int found = steps.FindIndex(at, step => step == wanted || step.StartsWith(wanted + " ", StringComparison.Ordinal));
            Assert.True(found >= 0, $"'{wanted}' does not come after step {at} of:\n{string.Join('\n', steps)}");
            at = found + 1;
        }
    }
}
