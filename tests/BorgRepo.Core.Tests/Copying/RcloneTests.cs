using System.Text;
using BorgRepo.Core.Copying;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Tests.Durability;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>Copies that rclone carries: to its local storage, and to its own servers on the loopback interface.</summary>
public sealed class RcloneTests(ITestOutputHelper output)
{
    [Fact]
    public void Copies_follow_their_source_through_transactions_and_compaction()
    {
        using RcloneScene scene = new();
        scene.Commit(false, (1, 50), (2, 400));
        CopyReport first = scene.Run();
        Assert.True(first.IsNew);
        scene.RequireFinished();

        scene.Commit(false, (3, 60), (4, 250)).Commit(true, (1, -1), (2, 30)).Commit(true, (5, 20), (6, 280)).Commit(true, (7, 10));
        CopyReport second = scene.Run();
        Assert.True(second.Count(CopyAction.Remove) > 0);
        scene.RequireFinished();

        int before = scene.Rclone.Calls;
        Assert.Empty(scene.Run().Segments);
        output.WriteLine($"{scene.Rclone.Calls - before} calls for a copy that has nothing to do");
        Assert.DoesNotContain(scene.Rclone.Log.Skip(before), call => call.StartsWith("copy ", StringComparison.Ordinal) || call.Contains("copy.tmp", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("webdav")]
    [InlineData("sftp")]
    public void Copies_reach_a_server(string protocol)
    {
        using RcloneScene scene = new();
        string[] users = protocol == "sftp" ? ["--user", "u", "--pass", "secret"] : [];
        using InstalledRclone.Server server = InstalledRclone.Serve(protocol, scene.Remote, users);
        scene.Location = protocol == "sftp"
            ? $"rclone::sftp,host=127.0.0.1,port={server.Port},user=u,pass={Obscure(scene, "secret")}:copy"
            : $"rclone::webdav,url=\"http://127.0.0.1:{server.Port}\":copy";
        scene.Commit(false, (1, 50), (2, 400));
        scene.Run();
        scene.RequireFinished();
        scene.Commit(false, (3, 60)).Commit(true, (1, -1), (2, 290)).Commit(true, (4, 20), (5, 280));
        scene.Run();
        scene.RequireFinished();
    }

    [Fact]
    public void Whichever_call_fails_the_copy_is_the_old_or_the_new_state_and_the_next_copy_finishes() => FailCalls(every: 14, first: 7);

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Every_call_fails_once()
    {
        // Each of them takes a second or so: not all in every run, but others in the next.
        SoakTime time = new(percent: 4);
        FailCalls(every: 1, first: SoakTime.FirstSeed, () => time.IsLeft);
    }

    [Fact]
    public void A_file_that_changed_at_the_remote_is_restored_when_content_is_compared()
    {
        using RcloneScene scene = new();
        scene.Commit(false, (1, 50), (2, 60));
        scene.Run();
        string segment = System.IO.Path.Combine(scene.Copy, "data", "0", "0");
        DateTime time = File.GetLastWriteTimeUtc(segment);
        byte[] content = File.ReadAllBytes(segment);
        content[70] ^= 1;
        File.WriteAllBytes(segment, content);
        File.SetLastWriteTimeUtc(segment, time);
        Assert.Empty(scene.Run().Segments);
        Assert.Equal(1, scene.Run(new CopyOptions { CompareContent = true }).Count(CopyAction.Restore));
        scene.RequireFinished();
    }

    [Fact]
    public void A_remote_that_is_locked_or_something_else_is_refused()
    {
        using RcloneScene scene = new();
        scene.Commit(false, (1, 50));
        scene.Run();
        string folder = Directory.CreateDirectory(System.IO.Path.Combine(scene.Copy, "lock.exclusive")).FullName;
        File.WriteAllBytes(System.IO.Path.Combine(folder, "other.example@7.77-0"), []);
        LockTimeoutException locked = Assert.Throws<LockTimeoutException>(() => scene.Run());
        Assert.Equal(["other.example@7.77-0"], locked.Holders);
        Directory.Delete(folder, true);
        File.WriteAllText(System.IO.Path.Combine(scene.Copy, "lock.roster"), """{"shared": [["other.example@7", 77, 0]]}""");
        Assert.Throws<LockTimeoutException>(() => scene.Run());
        File.Delete(System.IO.Path.Combine(scene.Copy, "lock.roster"));

        File.WriteAllText(System.IO.Path.Combine(scene.Remote, "letter.txt"), "x");
        scene.Location = $"rclone::local:{scene.Remote}";
        CopyRefusedException refused = Assert.Throws<CopyRefusedException>(() => scene.Run());
        Assert.Equal(CopyRefusal.NotACopy, refused.Reason);
    }

    [Fact]
    public void What_rclone_says_is_in_the_error()
    {
        using RcloneScene scene = new();
        scene.Commit(false, (1, 50));
        scene.Location = "rclone:no-such-remote-of-mine:x";
        RcloneException error = Assert.Throws<RcloneException>(() => scene.Run());
        Assert.Contains("no-such-remote-of-mine", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.ExitCode);
    }

    [Fact]
    public void A_missing_program_is_named()
    {
        RcloneException error = Assert.Throws<RcloneException>(
            () => new RcloneProgram("no-such-rclone").Run(new RcloneCommand("version"), TestContext.Current.CancellationToken));
        Assert.Contains("no-such-rclone", error.Message, StringComparison.Ordinal);
        Assert.Null(error.ExitCode);
    }

    [Fact]
    public void A_running_program_is_ended_when_the_copy_is_stopped()
    {
        _ = InstalledRclone.FindOrSkip();
        using CancellationTokenSource stop = new();
        RcloneCommand command = new("rcat", ":memory:x/y")
        {
            WriteInput = _ =>
            {
                stop.Cancel();
                stop.Token.WaitHandle.WaitOne();
            },
        };
        Assert.ThrowsAny<OperationCanceledException>(() => new RcloneProgram().Run(command, stop.Token));
    }

    [Theory]
    [InlineData("rclone:drive:backup/repo", true)]
    [InlineData("rclone::local:/srv/x", true)]
    [InlineData("RCLONE:a:", true)]
    [InlineData("rclone:drive", false)]
    [InlineData("rclone::x", false)]
    [InlineData("/srv/rclone:a:b", false)]
    public void Locations_are_told_from_paths(string text, bool isLocation) => Assert.Equal(isLocation, RcloneDestination.IsLocation(text));

    // Thousands of processes would have to be started to fail each call both ways; some are enough for every day.
    private void FailCalls(int every, int first, Func<bool>? goOn = null)
    {
        int calls;
        int done = 0;
        using (RcloneScene counted = Prepare(out _))
        {
            counted.Run();
            calls = counted.Rclone.Calls;
            output.WriteLine($"{calls} calls:\n{string.Join('\n', counted.Rclone.Log)}");
        }

        for (; done * every < calls && goOn?.Invoke() != false; done++)
        {
            int k = (first + (done * every)) % calls;
            using RcloneScene scene = Prepare(out RepositoryContents old);
            int failing = k;
            Func<int, bool> fails = number => number == failing;
            scene.Rclone.FailsBefore = k % 2 == 0 ? fails : null;
            scene.Rclone.FailsAfter = k % 2 == 0 ? null : fails;
            Exception? error = Record.Exception(() => scene.Run());
            Assert.True(error is null or BorgRepositoryException, error?.ToString());
            Assert.Contains(scene.CopyContents(), (RepositoryContents[])[old, scene.SourceContents]);
            Assert.Equal(scene.CopyContents(), scene.LogContents());
            scene.Rclone.FailsBefore = null;
            scene.Rclone.FailsAfter = null;
            scene.Run();
            scene.RequireFinished();
        }

        output.WriteLine($"{done} of {calls} calls failed");
    }

    private static RcloneScene Prepare(out RepositoryContents old)
    {
        RcloneScene scene = new();
        scene.Commit(false, (1, 50), (2, 60));
        scene.RunLocally();
        old = scene.CopyContents();
        return scene.Commit(false, (3, 60)).Commit(true, (1, -1), (2, 290)).Commit(true, (4, 20), (5, 280)).Commit(true, (6, 10));
    }

    private static string Obscure(RcloneScene scene, string password) =>
        Encoding.UTF8.GetString(scene.Rclone.Run(new RcloneCommand("obscure", password), TestContext.Current.CancellationToken).Output).Trim();
}
