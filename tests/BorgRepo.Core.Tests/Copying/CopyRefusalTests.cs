using BorgRepo.Core.Checking;
using BorgRepo.Core.Copying;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>What a copy never overwrites, and what it judges to be damage.</summary>
public sealed class CopyRefusalTests
{
    [Fact]
    public void A_repository_with_another_id_is_refused()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        Repository.Create(scene.Copy, new CreateOptions(), scene.Services());
        RequireRefusal(scene, CopyRefusal.OtherRepository);
    }

    [Fact]
    public void A_folder_with_anything_else_is_refused_and_no_lock_is_made_there()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        scene.Disk.WriteAllBytes(scene.Copy + "/letter.txt", "x"u8);
        WatchedFileSystem watched = new(scene.Disk, scene.Copy);
        scene.Files = watched;
        RequireRefusal(scene, CopyRefusal.NotACopy);
        Assert.DoesNotContain(watched.Operations, operation => operation.Contains("lock.exclusive", StringComparison.Ordinal) && !operation.Contains("..", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_and_a_missing_folder_above_are_refused()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        using Repository source = scene.OpenSource();
        scene.Disk.WriteAllBytes(scene.Copy, "x"u8);
        Assert.Throws<PathExistsException>(() => source.CopyTo(scene.Copy, new CopyOptions(), TestContext.Current.CancellationToken));
        Assert.Throws<ParentPathNotFoundException>(() => source.CopyTo("/not/there/repo", new CopyOptions(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Itself_and_a_place_within_are_refused()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        using Repository source = scene.OpenSource();
        foreach (string path in (string[])[scene.Source, scene.Source + "/copy", Path.GetDirectoryName(scene.Source)!])
        {
            CopyRefusedException error = Assert.Throws<CopyRefusedException>(() => source.CopyTo(path, new CopyOptions(), TestContext.Current.CancellationToken));
            Assert.Equal(CopyRefusal.SameRepository, error.Reason);
        }

        string other = scene.Copy + "-other";
        Repository.Create(other, new CreateOptions(), scene.Services());
        Assert.Throws<RepositoryExistsException>(() => source.CopyTo(other + "/copy", new CopyOptions(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_newer_state_is_refused()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        scene.Run();
        using (Repository copy = scene.OpenCopy(SessionAccess.Write))
        {
            copy.Put(ScriptRun.Id(9), "own"u8);
            copy.Commit(null, TestContext.Current.CancellationToken);
        }

        CopyRefusedException error = RequireRefusal(scene, CopyRefusal.NewerState);
        Assert.Contains("last transaction is 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_that_went_its_own_way_is_refused_even_if_the_source_is_newer_by_number()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        scene.Run();
        using (Repository copy = scene.OpenCopy(SessionAccess.Write))
        {
            copy.Put(ScriptRun.Id(9), "own"u8);
            copy.Commit(null, TestContext.Current.CancellationToken);
        }

        scene.Commit((2, 10)).Commit((3, 10)).Commit((4, 10));
        CopyRefusedException error = RequireRefusal(scene, CopyRefusal.ChangedSegments);
        Assert.Equal([2u], error.Segments);
    }

    [Fact]
    public void Segments_that_only_the_copy_has_are_refused_unless_it_is_adopted()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60)).Commit((3, 10));
        scene.Run();
        scene.Disk.DeleteFile($"{scene.Copy}/{CopyManifest.FileName}");
        scene.CommitAndCompact((1, 40), (2, 40));
        CopyRefusedException error = RequireRefusal(scene, CopyRefusal.Diverged);
        Assert.NotEmpty(error.Segments);
        CopyReport report = scene.Run(new CopyOptions { Adopt = true });
        Assert.Equal(error.Segments.Count, report.Count(CopyAction.SetAside));
        Assert.Equal(scene.SourceContents(), scene.CopyContents());
    }

    [Fact]
    public void What_somebody_left_uncommitted_in_the_copy_is_refused_and_set_aside_when_it_is_adopted()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        scene.Run();
        scene.Disk.WriteAllBytes(scene.Copy + "/data/9/36", SegmentScript.Segment("P(k9,\"own\")"));
        scene.Commit((2, 20));
        RequireRefusal(scene, CopyRefusal.Diverged);
        scene.Run(new CopyOptions { Adopt = true, Mirror = true });
        scene.RequireFinished("data/9/36.superseded");
    }

    [Fact]
    public void Another_layout_of_folders_is_refused()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        scene.Run();
        string config = scene.TextOf(scene.Copy + "/config").Replace("segments_per_dir = 4", "segments_per_dir = 1000", StringComparison.Ordinal);
        scene.Disk.WriteAllBytes(scene.Copy + "/config", System.Text.Encoding.UTF8.GetBytes(config));
        RequireRefusal(scene, CopyRefusal.OtherLayout);
    }

    [Fact]
    public void An_append_only_copy_does_not_take_over_a_compaction()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60));
        scene.Run();
        using (Repository copy = scene.OpenCopy(SessionAccess.Write))
        {
            copy.UpdateSettings(true, null, null);
        }

        scene.Commit((3, 20));
        scene.Run();
        scene.CommitAndCompact((1, 40), (2, 40));
        SortedDictionary<string, string> before = scene.FilesOf(scene.Copy);
        Assert.Throws<AppendOnlyException>(() => scene.Run(new CopyOptions { Mirror = true }));
        Assert.Equal(before, scene.FilesOf(scene.Copy));
    }

    [Fact]
    public void A_segment_that_a_repair_changed_is_taken_over_only_when_accepted_and_the_former_one_is_kept()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60), (3, 40)).Commit((4, 20));
        scene.Run();
        RepositoryContents sound = scene.CopyContents();
        byte[] former = scene.Disk.ReadAllBytes(scene.SegmentOf(scene.Copy, 0));
        Repair(scene);
        scene.Commit((5, 30));
        CopyRefusedException error = RequireRefusal(scene, CopyRefusal.ChangedSegments);
        Assert.Equal([0u], error.Segments);
        Assert.Equal(sound, scene.CopyContents());

        CopyReport report = scene.Run(new CopyOptions { AcceptChanged = true, Mirror = true });
        Assert.Equal(1, report.Count(CopyAction.Replace));
        scene.RequireFinished("data/0/0.replaced");
        Assert.Equal(former, scene.Disk.ReadAllBytes(scene.Copy + "/data/0/0.replaced"));
        Assert.Empty(scene.Run().Segments);
    }

    [Fact]
    public void Bit_rot_in_the_copy_is_found_by_comparing_content_and_restored_from_the_source()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60));
        scene.Run();
        scene.Flip(scene.SegmentOf(scene.Copy, 0), 70);
        Assert.Empty(scene.Run().Segments);
        CopyReport report = scene.Run(new CopyOptions { CompareContent = true });
        Assert.Equal([(0u, CopyAction.Restore)], report.Segments.Select(segment => (segment.Segment, segment.Action)));
        scene.RequireFinished();
    }

    [Fact]
    public void A_segment_that_is_missing_in_the_copy_is_restored()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60)).Commit((3, 10));
        scene.Run();
        scene.Disk.DeleteFile(scene.SegmentOf(scene.Copy, 0));
        CopyReport report = scene.Run();
        Assert.Equal(1, report.Count(CopyAction.Restore));
        scene.RequireFinished();
    }

    [Fact]
    public void Damage_in_the_source_is_copied_but_does_not_replace_what_is_sound()
    {
        CopyScene scene = new CopyScene().Commit((1, 50)).Commit((2, 60));
        scene.Run();
        string sound = Convert.ToHexString(scene.Disk.ReadAllBytes(scene.SegmentOf(scene.Copy, 0)));
        scene.Commit((3, 70));
        scene.Time.Advance(TimeSpan.FromMinutes(1));
        scene.Flip(scene.SegmentOf(scene.Source, 0), 70);
        scene.Flip(scene.SegmentOf(scene.Source, 4), 70);
        CopyReport report = scene.Run();
        Assert.Equal([0u, 4u], report.DamagedInSource);
        Assert.Equal(sound, Convert.ToHexString(scene.Disk.ReadAllBytes(scene.SegmentOf(scene.Copy, 0))));
        Assert.Equal(scene.Disk.ReadAllBytes(scene.SegmentOf(scene.Source, 4)), scene.Disk.ReadAllBytes(scene.SegmentOf(scene.Copy, 4)));
        Assert.Contains(scene.Warnings, warning => warning.StartsWith("Segment 4 of the source is damaged", StringComparison.Ordinal));
    }

    [Fact]
    public void A_damaged_index_of_the_copy_is_replaced_when_content_is_compared()
    {
        CopyScene scene = new CopyScene().Commit((1, 50));
        scene.Run();
        scene.Flip(scene.Copy + "/index.1", 30);
        scene.Run(new CopyOptions { CompareContent = true });
        scene.RequireFinished();
        scene.Disk.DeleteFile(scene.Copy + "/hints.1");
        scene.Run();
        scene.RequireFinished();
    }

    [Fact]
    public void A_source_that_lost_a_COMMIT_is_not_copied()
    {
        CopyScene scene = new CopyScene().Commit((1, 50)).Commit((2, 60));
        scene.Run();
        scene.Disk.DeleteFile(scene.SegmentOf(scene.Source, 3));
        Assert.Throws<CheckNeededException>(() => scene.Run());
    }

    private static CopyRefusedException RequireRefusal(CopyScene scene, CopyRefusal reason)
    {
        SortedDictionary<string, string> before = scene.Disk.GetInfo(scene.Copy).Kind == PathKind.Missing ? [] : scene.FilesOf(scene.Copy);
        CopyRefusedException error = Assert.Throws<CopyRefusedException>(() => scene.Run());
        Assert.Equal(reason, error.Reason);
        Assert.Equal(before, scene.FilesOf(scene.Copy));
        Assert.DoesNotContain(scene.Disk.Files(scene.Copy), path => path.Contains("/lock.", StringComparison.Ordinal));
        return error;
    }

    private static void Repair(CopyScene scene)
    {
        scene.Time.Advance(TimeSpan.FromMinutes(1));
        scene.Flip(scene.SegmentOf(scene.Source, 0), 60);
        using Repository source = scene.OpenSource(SessionAccess.Write);
        CheckResult result = source.Check(new CheckOptions { Repair = true, NoBackup = true }, _ => { }, TestContext.Current.CancellationToken);
        Assert.Single(result.LostObjects);
        scene.Objects.Remove(result.LostObjects[0]);
    }
}
