using System.Text.Json;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>Traps of the format (README.md beside this file) about locks, numbered as there, met through whole sessions.</summary>
public sealed class LockTrapTests
{
    private const string All = "k1=abc k2=def k3=ghi";
    private const string Foreign = "lock.exclusive/elsewhere.example@7.4711-0";

    [Fact]
    public void Trap_30_a_lock_folder_that_exists_keeps_everybody_out()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.Write(Foreign, []);
        SortedDictionary<string, string> before = repository.Files();
        foreach (SessionAccess access in new[] { SessionAccess.Read, SessionAccess.Write })
        {
            LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => repository.Open(access));
            string holder = Assert.Single(error.Holders);
            Assert.Contains("elsewhere.example@7", holder, StringComparison.Ordinal);
            Assert.Contains("4711", holder, StringComparison.Ordinal);
        }

        Assert.Equal(before, repository.Files());
        Assert.Equal(All, repository.Objects(SessionAccess.ReadNoLock));
    }

    [Fact]
    public void Trap_30_an_empty_lock_folder_is_nobodys_and_taken_over()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.FileSystem.AddDirectory(repository.PathOf("lock.exclusive"));
        Assert.Equal(All, repository.Objects(SessionAccess.Write));
        Assert.False(repository.Exists("lock.exclusive"));
    }

    [Fact]
    public void Trap_31_roster_entries_are_a_text_and_two_integers_and_those_of_others_are_kept()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.WriteText("lock.roster", """{"shared": [["elsewhere.example@7", 4711, 0]], "exclusive": [], "future": 1}""");
        using (Repository session = repository.Open(SessionAccess.Read))
        {
            using JsonDocument held = JsonDocument.Parse(repository.ReadText("lock.roster"));
            List<string> shared = [.. held.RootElement.GetProperty("shared").EnumerateArray().Select(entry => entry.GetRawText().Replace(" ", string.Empty, StringComparison.Ordinal))];
            Assert.Equal(
                ["[\"elsewhere.example@7\",4711,0]", $"[\"{repository.Environment.HostId}\",{repository.Environment.ProcessId},0]"],
                shared.Order());
            Assert.Equal(1, held.RootElement.GetProperty("future").GetInt32());
        }

        using JsonDocument left = JsonDocument.Parse(repository.ReadText("lock.roster"));
        Assert.Equal(4711, Assert.Single(left.RootElement.GetProperty("shared").EnumerateArray())[1].GetInt32());
        Assert.Throws<LockTimeoutException>(() => repository.Open(SessionAccess.Write));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("no json at all")]
    [InlineData("[]")]
    [InlineData("""{"shared": [["host", 1]]}""")]
    public void Trap_31_a_roster_that_is_no_roster_counts_as_empty(string text)
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.WriteText("lock.roster", text);
        Assert.Equal(All, repository.Objects());
        repository.WriteText("lock.roster", text);
        Assert.Equal(All, repository.Objects(SessionAccess.Write));
        Assert.False(repository.Exists("lock.exclusive"));
    }

    [Fact]
    public void Trap_32_with_a_host_id_of_its_own_a_process_of_another_namespace_is_never_taken_for_dead()
    {
        // Process 77 lives in another container, so that it cannot be seen from here.
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        RepositoryServices container = repository.ServicesOf(new SimulatedEnvironment(processId: 77, hostId: "container-1"));
        using (repository.Open(SessionAccess.Write, services: container))
        {
            LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => repository.Open(SessionAccess.Read));
            Assert.Contains("container-1", Assert.Single(error.Holders), StringComparison.Ordinal);
        }

        Assert.Equal(All, repository.Objects());
    }

    [Fact]
    public void Trap_32_the_lock_of_a_dead_process_of_this_host_is_taken_over_with_a_warning()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.Write($"lock.exclusive/{repository.Environment.HostId}.77-0", []);
        Assert.Equal(All, repository.Objects(SessionAccess.Write));
        Assert.Contains(repository.Warnings, warning => warning.Contains("77", StringComparison.Ordinal));
        repository.WriteText("lock.roster", $$"""{"shared": [["{{repository.Environment.HostId}}", 78, 0]], "exclusive": []}""");
        Assert.Equal(All, repository.Objects(SessionAccess.Write));
        Assert.Contains(repository.Warnings, warning => warning.Contains("78", StringComparison.Ordinal));
        Assert.False(repository.Exists("lock.roster"));
    }

    [Fact]
    public void Trap_32_a_living_process_of_this_host_keeps_its_lock()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.Environment.AliveProcesses[77] = true;
        repository.Write($"lock.exclusive/{repository.Environment.HostId}.77-0", []);
        Assert.Throws<LockTimeoutException>(() => repository.Open(SessionAccess.Write));
        Assert.True(repository.Exists($"lock.exclusive/{repository.Environment.HostId}.77-0"));
    }

    [Fact]
    public void Trap_33_reading_takes_the_exclusive_lock_when_the_index_must_be_replayed()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.Delete("index.1");
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.False(session.HoldsExclusiveLock);
        Assert.Equal(3, session.Count);
        Assert.True(repository.Exists("index.1"));
    }

    [Fact]
    public void Trap_33_if_another_reader_is_there_the_replay_waits_and_gives_up_and_the_session_stays_usable()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.Delete("index.1");
        RepositoryServices other = repository.ServicesOf(new SimulatedEnvironment(processId: 2000, hostId: "other"));
        using Repository reader = repository.Open(SessionAccess.Read, services: other);
        using Repository session = repository.Open(SessionAccess.Read);
        LockTimeoutException error = Assert.Throws<LockTimeoutException>(() => session.Count);
        Assert.Contains("2000", Assert.Single(error.Holders), StringComparison.Ordinal);
        Assert.False(repository.Exists("index.1"));
        reader.Dispose();
        Assert.Equal(3, session.Count);
    }

    [Theory]
    [InlineData("no section at all")]
    [InlineData("[repository]\nversion = 2\n")]
    [InlineData("[repository]\nversion = 1\n")]
    [InlineData("")]
    [InlineData("[repository]\nversion = 1\nversion = 1\n")]
    public void Trap_34_a_config_that_is_wrong_leaves_no_lock_behind(string config)
    {
        ScriptedRepository repository = new(config: config);
        SortedDictionary<string, string> before = repository.Files();
        foreach (SessionAccess access in Enum.GetValues<SessionAccess>())
        {
            Assert.Throws<InvalidRepositoryConfigException>(() => repository.Open(access));
        }

        Assert.Equal(before, repository.Files());
        Assert.False(repository.Exists("lock.exclusive"));
    }

    [Fact]
    public void Trap_34_what_is_read_is_read_under_the_lock()
    {
        // Whoever holds the lock may be about to replace any of it: while it is held, no segment is looked at.
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.Write(Foreign, []).Write("data/0/0", "ATTICSEG"u8.ToArray()).Delete("data/0/1");
        Assert.Throws<LockTimeoutException>(() => repository.Open(SessionAccess.Read));
        repository.Delete(Foreign).FileSystem.DeleteDirectory(repository.PathOf("lock.exclusive"));
        Assert.Throws<AtticRepositoryException>(() => repository.Open(SessionAccess.Read));
        Assert.False(repository.Exists("lock.exclusive"));
        Assert.False(repository.Exists("lock.roster"));
    }
}
