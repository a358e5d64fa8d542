using BorgRepo.Core.Locking;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Locking;

public sealed class LockHoldersTests
{
    private readonly LockScene _scene = new();

    [Fact]
    public void Holders_are_told_with_life_and_age_and_nothing_is_written()
    {
        DateTime since = _scene.Clock.GetUtcNow().UtcDateTime;
        _scene.PutLockFile(LockScene.Host + ".77-0").PutLockFile("garbage").PutRoster("""{"shared": [["host.example@1", 4242, 0], ["other@2", 5, 0]], "exclusive": [["host.example@1", 77, 0]]}""");
        _scene.Clock.Advance(TimeSpan.FromHours(1));
        SimulatedEnvironment process = _scene.Process();
        process.AliveProcesses[77] = true;
        _scene.Files.IsReadOnly = true;

        IReadOnlyList<LockHolder> holders = RepositoryLock.GetHolders(_scene.Services(process), LockScene.Repository);

        Assert.Equal(
            [
                new LockHolder(new LockIdentity("garbage", 0, 0), true, null, since, LockScene.LockDirectory + "/garbage"),
                new LockHolder(new LockIdentity(LockScene.Host, 77, 0), true, true, since, $"{LockScene.LockDirectory}/{LockScene.Host}.77-0"),
                new LockHolder(new LockIdentity(LockScene.Host, 4242, 0), false, false, null, LockScene.RosterFile),
                new LockHolder(new LockIdentity("other@2", 5, 0), false, null, null, LockScene.RosterFile),
            ],
            holders);
        Assert.Empty(_scene.Notices);
    }

    [Fact]
    public void Nobody_holds_a_repository_that_has_no_locks_or_is_not_there()
    {
        RepositoryServices services = _scene.Services(_scene.Process());
        Assert.Empty(RepositoryLock.GetHolders(services, LockScene.Repository));
        Assert.Empty(RepositoryLock.GetHolders(services, "/nowhere"));
    }

    [Theory]
    [InlineData(-5, "0 seconds")]
    [InlineData(1, "1 second")]
    [InlineData(119, "119 seconds")]
    [InlineData(120, "2 minutes")]
    [InlineData(7200, "2 hours")]
    [InlineData(200000, "2 days")]
    public void An_age_is_told_in_one_unit(int seconds, string expected)
    {
        _scene.PutLockFile("other@2.5-0");
        _scene.Clock.Advance(TimeSpan.FromSeconds(seconds));
        string text = Assert.Single(LockHolders.DescribeWriters(_scene.Services(_scene.Process()), LockScene.Repository, default));
        Assert.Equal("process 5 on other@2 for writing since " + expected, text);
    }
}
