using BorgRepo.Core.Locking;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Locking;

public sealed class LockRosterTests
{
    private readonly LockScene _scene = new();
    private readonly SimulatedEnvironment _process;

    public LockRosterTests() => _process = _scene.Process(10908, "vm@3281355014145");

    [Fact]
    public void A_first_reader_writes_only_the_list_of_readers()
    {
        Load().SetSharedAndSave(true);
        Assert.Equal("""{"shared": [["vm@3281355014145", 10908, 0]]}""", _scene.Roster);
    }

    [Fact]
    public void Entries_of_others_and_unknown_keys_stay_where_they_are()
    {
        _scene.PutRoster("""{"later": {"x": [1, "\u00e4"]}, "shared": [["other@2", 5, 0]], "exclusive": [], "more": 1e3}""");
        Load().SetSharedAndSave(true);
        Assert.Equal("""{"later": {"x": [1, "\u00e4"]}, "shared": [["other@2", 5, 0], ["vm@3281355014145", 10908, 0]], "exclusive": [], "more": 1e3}""", _scene.Roster);
        Load().SetSharedAndSave(false);
        Assert.Equal("""{"later": {"x": [1, "\u00e4"]}, "shared": [["other@2", 5, 0]], "exclusive": [], "more": 1e3}""", _scene.Roster);
    }

    [Fact]
    public void Lists_are_sets()
    {
        _scene.PutRoster("""{"shared": [["other@2", 5, 0], ["other@2", 5, 0]]}""");
        LockRoster roster = Load();
        roster.SetShared(true);
        roster.SetSharedAndSave(true);
        Assert.Equal("""{"shared": [["other@2", 5, 0], ["vm@3281355014145", 10908, 0]]}""", _scene.Roster);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"shared\": [[\"otherhost.inv")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("{\"shared\": 7}")]
    [InlineData("{\"shared\": [[\"other@2\", 5]]}")]
    [InlineData("{\"shared\": [[\"other@2\", 5, 0, 0]]}")]
    [InlineData("{\"shared\": [[\"other@2\", \"5\", 0]]}")]
    [InlineData("{\"shared\": [[\"other@2\", 5.5, 0]]}")]
    [InlineData("{\"shared\": [[\"other@2\", true, 0]]}")]
    [InlineData("{\"shared\": [[\"other@2\", 5, null]]}")]
    [InlineData("{\"shared\": [[5, 5, 0]]}")]
    [InlineData("{\"shared\": [\"other@2\"]}")]
    [InlineData("{\"shared\": [[\"\\ud800\", 5, 0]]}")]
    [InlineData("{\"shared\": [], \"shared\": []}")]
    [InlineData("{\"shared\": [], \"later\": [\"\\ud800\"]}")]
    [InlineData("{\"shared\": [[\"other@2\", 5, 0]], \"exclusive\": [[\"other@2\", 5]]}")]
    public void A_damaged_roster_is_an_empty_one(string text)
    {
        _scene.PutRoster(text);
        LockRoster roster = Load();
        Assert.True(roster.IsEmpty);
        roster.SetSharedAndSave(true);
        Assert.Equal("""{"shared": [["vm@3281355014145", 10908, 0]]}""", _scene.Roster);
    }

    [Fact]
    public void A_roster_of_absurd_size_is_an_empty_one()
    {
        _scene.Files.WriteAllBytes(LockScene.RosterFile, new byte[(1 << 24) + 1]);
        Assert.True(Load().IsEmpty);
    }

    [Fact]
    public void Dead_processes_of_this_host_are_dropped_with_a_warning_and_all_others_stay()
    {
        _process.AliveProcesses[6] = true;
        _scene.PutRoster("""{"shared": [["vm@3281355014145", 5, 0], ["vm@3281355014145", 6, 0], ["vm@3281355014145", 7, 1], ["vm", 8, 0]], "exclusive": [["vm@3281355014145", 9, 0]]}""");
        LockRoster roster = Load();
        Assert.True(roster.DropDead(isReader: false, isWriter: false));
        roster.Save();
        Assert.Equal("""{"shared": [["vm@3281355014145", 6, 0], ["vm@3281355014145", 7, 1], ["vm", 8, 0]], "exclusive": []}""", _scene.Roster);
        Assert.Equal(2, _scene.Warnings.Count);
        Assert.Contains(_scene.Warnings, w => w.Contains("process 5 on vm@3281355014145", StringComparison.Ordinal));
        Assert.Contains(_scene.Warnings, w => w.Contains("process 9 on vm@3281355014145", StringComparison.Ordinal));
    }

    [Fact]
    public void An_entry_with_the_own_id_is_a_leftover_if_nobody_of_this_process_reads()
    {
        _scene.PutRoster("""{"shared": [["vm@3281355014145", 10908, 0]]}""");
        LockRoster roster = Load();
        Assert.False(roster.DropDead(isReader: true, isWriter: false));
        Assert.True(roster.DropDead(isReader: false, isWriter: false));
        Assert.Empty(roster.Shared);
    }

    [Fact]
    public void Saving_nobody_removes_the_file()
    {
        Load().SetSharedAndSave(true);
        LockRoster roster = Load();
        roster.SetShared(false);
        roster.SaveOrDelete();
        Assert.Null(_scene.Roster);
    }

    [Fact]
    public void A_full_disk_leaves_the_old_roster_and_still_allows_a_shorter_one()
    {
        const string before = """{"shared": [["other@2", 5, 0], ["other@3", 6, 0]]}""";
        _scene.PutRoster(before);
        _scene.Files.Capacity = _scene.Files.UsedBytes + 10;
        LockRoster roster = Load();
        roster.SetShared(true);
        Assert.True(FileSystemErrors.IsDiskFull(Assert.ThrowsAny<IOException>(roster.Save)));
        Assert.Equal(before, _scene.Roster);

        _scene.Files.Capacity = long.MaxValue;
        _scene.PutRoster("""{"shared": [["vm@3281355014145", 10908, 0], ["other@3", 6, 0]]}""");
        _scene.Files.Capacity = _scene.Files.UsedBytes;
        Load().SetSharedAndSave(false);
        Assert.Equal("""{"shared": [["other@3", 6, 0]]}""", _scene.Roster);
    }

    private LockRoster Load()
    {
        LockRoster roster = new(_scene.Services(_process), LockScene.Repository, new LockIdentity(_process.HostId, _process.ProcessId, 0));
        roster.Load();
        return roster;
    }
}

file static class LockRosterExtensions
{
    public static void SetSharedAndSave(this LockRoster roster, bool isListed)
    {
        roster.SetShared(isListed);
        roster.Save();
    }
}
