using BorgRepo.Core.Copying;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>What a copy takes over and what it leaves alone.</summary>
public sealed class CopyTests
{
    [Fact]
    public void A_new_copy_has_the_files_of_its_source()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 400), (3, 0)).Commit((2, 10));
        CopyReport report = scene.Run();
        scene.RequireFinished();
        Assert.True(report.IsNew);
        Assert.Null(report.TransactionBefore);
        Assert.Equal(3, report.ObjectCount);
        Assert.All(report.Segments, segment => Assert.Equal(CopyAction.Add, segment.Action));
        Assert.Equal(scene.FilesOf(scene.Source + "/data").Count, report.Segments.Count);
        Assert.Equal(scene.TextOf(scene.Source + "/config"), scene.TextOf(scene.Copy + "/config"));
    }

    [Fact]
    public void A_repository_without_a_transaction_can_be_copied_too()
    {
        CopyScene scene = new();
        CopyReport report = scene.Run();
        Assert.Null(report.TransactionId);
        Assert.Equal(new RepositoryContents([]), scene.CopyContents());
        scene.Commit((1, 20));
        scene.Run();
        scene.RequireFinished();
    }

    [Fact]
    public void A_second_copy_writes_nothing()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 400));
        scene.Run();
        WatchedFileSystem watched = new(scene.Disk, scene.Copy);
        scene.Files = watched;
        CopyReport report = scene.Run();
        Assert.Empty(report.Segments);
        Assert.Equal(scene.FilesOf(scene.Source + "/data").Count, report.KeptSegments);
        string[] writes = [.. watched.Operations.Where(operation => !operation.Contains("lock.", StringComparison.Ordinal) && !operation.StartsWith("sync-folder", StringComparison.Ordinal))];
        Assert.Empty(writes);
    }

    [Fact]
    public void Only_new_segments_are_copied()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 400));
        CopyReport first = scene.Run();
        scene.Commit((3, 30));
        CopyReport second = scene.Run();
        scene.RequireFinished();
        Assert.False(second.IsNew);
        Assert.Equal(first.TransactionId, second.TransactionBefore);
        Assert.Equal(first.Segments.Count, second.KeptSegments);
        Assert.All(second.Segments, segment => Assert.True(segment.Segment > first.TransactionId));
    }

    [Theory]
    [InlineData(WriteFormat.Borg14)]
    [InlineData(WriteFormat.Borg10)]
    public void Many_transactions_with_compaction_arrive_as_one(WriteFormat format)
    {
        CopyScene scene = new(new CreateOptions { MaxSegmentSize = 300, SegmentsPerDirectory = 4, WriteFormat = format });
        scene.Commit((1, 50), (2, 100), (3, 60), (4, 70));
        scene.Run(new CopyOptions { Mirror = true });
        for (int i = 0; i < 4; i++)
        {
            scene.Commit((1, 20 + i), (5 + i, 90)).CommitAndCompact((2 + (i % 2), i < 2 ? -1 : 40));
        }

        CopyReport report = scene.Run(new CopyOptions { Mirror = true });
        scene.RequireFinished();
        Assert.True(report.Count(CopyAction.Remove) > 0);
    }

    [Fact]
    public void What_the_source_compacted_away_is_set_aside_and_a_mirror_removes_it()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60)).Commit((3, 70));
        scene.Run();
        scene.CommitAndCompact((1, 55), (2, -1));
        CopyReport kept = scene.Run();
        string[] aside = [.. scene.FilesOf(scene.Copy).Keys.Where(name => name.EndsWith(".superseded", StringComparison.Ordinal))];
        Assert.Equal(kept.Count(CopyAction.SetAside), aside.Length);
        Assert.NotEmpty(aside);
        scene.RequireFinished(aside);

        scene.Run(new CopyOptions { Mirror = true });
        scene.RequireFinished();
    }

    [Fact]
    public void An_object_whose_DELETE_was_compacted_away_stays_deleted_without_an_index()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60));
        scene.Run();

        // The first compaction moves the DELETE, the second finds nothing older and drops it.
        scene.CommitAndCompact((1, -1)).CommitAndCompact((3, 10)).CommitAndCompact((4, 10));
        Assert.DoesNotContain(scene.FilesOf(scene.Source + "/data").Values, content => content.Contains(ScriptRun.Id(1).ToString(), StringComparison.Ordinal));

        // Stopped as soon as the new COMMIT is in place.
        uint last;
        using (Repository source = scene.OpenSource())
        {
            last = source.TransactionId!.Value;
        }

        WatchedFileSystem watched = new(scene.Disk, scene.Copy)
        {
            Before = (_, operation) =>
            {
                if (operation.StartsWith($"create index.{last}", StringComparison.Ordinal) || operation.StartsWith($"open index.{last}", StringComparison.Ordinal))
                {
                    throw new ProcessKilledException();
                }
            },
        };
        scene.Files = watched;
        Assert.Throws<ProcessKilledException>(() => scene.Run());
        scene.Files = scene.Disk;
        Assert.Equal(scene.SourceContents(), scene.CopyContents());
        foreach (string path in scene.Disk.Files(scene.Copy).Where(path => path.Contains("/index.", StringComparison.Ordinal)))
        {
            scene.Disk.DeleteFile(path);
        }

        Assert.Equal(scene.SourceContents(), scene.CopyContents());
        scene.Run(new CopyOptions { Mirror = true });
        scene.RequireFinished();
    }

    [Fact]
    public void Nonce_key_and_log_of_transactions_follow_and_a_nonce_is_never_lowered()
    {
        CopyScene scene = new(new CreateOptions { AppendOnly = true });
        scene.Commit((1, 10));
        using (Repository source = scene.OpenSource(SessionAccess.Write))
        {
            source.SaveKey("first key");
            source.CommitNonceReservation(0x1000, null);
        }

        scene.Run();
        using (Repository copy = scene.OpenCopy(SessionAccess.Write))
        {
            Assert.Equal("first key", copy.LoadKey());
            Assert.True(copy.AppendOnly);
            copy.CommitNonceReservation(0x9000, 0x1000);
        }

        scene.Commit((2, 10));
        using (Repository source = scene.OpenSource(SessionAccess.Write))
        {
            source.SaveKey("second key");
            source.CommitNonceReservation(0x2000, 0x1000);
        }

        scene.Run();
        using Repository last = scene.OpenCopy();
        Assert.Equal("second key", last.LoadKey());
        Assert.Equal(0x9000UL, last.GetFreeNonce());
        Assert.Equal(scene.TextOf(scene.Source + "/transactions"), scene.TextOf(scene.Copy + "/transactions"));
    }

    [Fact]
    public void Settings_of_the_copy_stay_its_own()
    {
        CopyScene scene = new CopyScene().Commit((1, 10));
        scene.Run();
        using (Repository copy = scene.OpenCopy(SessionAccess.Write))
        {
            copy.UpdateSettings(true, 12345, null);
        }

        scene.Commit((2, 10));
        scene.Run();
        using Repository last = scene.OpenCopy();
        Assert.True(last.AppendOnly);
        Assert.Equal(12345, last.StorageQuota);
    }

    [Fact]
    public void Segments_of_no_length_and_uncommitted_ones_are_not_copied()
    {
        CopyScene scene = new CopyScene().Commit((1, 10)).Commit((2, 10));
        scene.Disk.WriteAllBytes(scene.Source + "/data/2/9", SegmentScript.Segment("P(k9,\"left\")"));
        scene.Disk.WriteAllBytes(scene.Source + "/data/0/1", []);
        scene.Run();
        Assert.DoesNotContain("data/2/9", scene.FilesOf(scene.Copy).Keys);
        Assert.DoesNotContain("data/0/1", scene.FilesOf(scene.Copy).Keys);
        Assert.Equal(scene.SourceContents(), scene.CopyContents());
    }

    [Fact]
    public void A_plan_says_what_would_be_done_and_writes_nothing()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60));
        CopyReport plan = Plan(scene);
        Assert.True(plan.IsPlan);
        Assert.True(plan.IsNew);
        Assert.Equal(scene.FilesOf(scene.Source + "/data").Count, plan.Count(CopyAction.Add));
        Assert.Equal(RepositoryContents.Absent, scene.CopyContents());

        scene.Run();
        scene.CommitAndCompact((1, 55), (2, -1));
        plan = Plan(scene);
        CopyReport done = scene.Run();
        Assert.Equal(done.Segments, plan.Segments);
        Assert.Equal(done.KeptBytes, plan.KeptBytes);
    }

    [Fact]
    public void A_copy_made_by_other_means_is_taken_over()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60));
        foreach ((string name, string content) in scene.FilesOf(scene.Source))
        {
            scene.Disk.WriteAllBytes($"{scene.Copy}/{name}", Convert.FromHexString(content));
        }

        CopyReport report = scene.Run();
        Assert.Empty(report.Segments);
        scene.Commit((3, 10));
        scene.Run();
        scene.RequireFinished();
    }

    private static CopyReport Plan(CopyScene scene)
    {
        WatchedFileSystem watched = new(scene.Disk, scene.Copy);
        scene.Files = watched;
        using (Repository source = scene.OpenSource(SessionAccess.ReadNoLock))
        {
            CopyReport plan = source.CopyTo(scene.Copy, new CopyOptions { PlanOnly = true }, TestContext.Current.CancellationToken);
            Assert.Empty(watched.Operations);
            scene.Files = scene.Disk;
            return plan;
        }
    }
}
