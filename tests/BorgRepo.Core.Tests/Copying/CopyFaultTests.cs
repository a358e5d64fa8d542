using BorgRepo.Core.Copying;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>Failing calls, a full disk, Ctrl-C, a disk that does not keep what it was given.</summary>
public sealed class CopyFaultTests(ITestOutputHelper output)
{
    [Fact]
    public void Whichever_call_fails_the_copy_is_the_old_or_the_new_state_and_the_next_copy_finishes()
    {
        CopyScene template = Prepare();
        FaultingFileSystem counter = new(template.Disk);
        template.Files = counter;
        template.Run(new CopyOptions { Mirror = true });
        IReadOnlyList<FileCall> calls = [.. counter.Log];
        int verified = 0;
        for (int k = 0; k < calls.Count; k++)
        {
            foreach (Fault fault in FaultingFileSystem.FaultsOf(calls[k]))
            {
                if ((k + (int)fault) % 3 == 0)
                {
                    FailAt(k, calls[k], fault);
                    verified++;
                }
            }
        }

        output.WriteLine($"{calls.Count} calls, {verified} times one of them failed");
    }

    [Fact]
    public void A_volume_without_enough_space_is_refused_before_anything_is_copied()
    {
        CopyScene scene = Prepare();
        scene.Disk.Capacity = scene.Disk.UsedBytes + 200;
        SortedDictionary<string, string> before = scene.FilesOf(scene.Copy);
        InsufficientFreeSpaceException error = Assert.Throws<InsufficientFreeSpaceException>(() => scene.Run());
        Assert.True(error.RequiredBytes > error.AvailableBytes);
        Assert.Equal(before, scene.FilesOf(scene.Copy));
        scene.Disk.Capacity = long.MaxValue;
        scene.Run(new CopyOptions { Mirror = true });
        scene.RequireFinished();
    }

    [Fact]
    public void A_volume_that_runs_full_meanwhile_leaves_the_old_state_and_no_part_of_a_file()
    {
        CopyScene scene = Prepare();
        RepositoryContents old = scene.CopyContents();
        WatchedFileSystem watched = new(scene.Disk, scene.Copy)
        {
            Before = (_, operation) =>
            {
                if (operation.StartsWith("write", StringComparison.Ordinal) && operation.EndsWith(".copy.tmp", StringComparison.Ordinal) && !operation.Contains("manifest", StringComparison.Ordinal))
                {
                    scene.Disk.Capacity = scene.Disk.UsedBytes + 20;
                }
            },
        };
        scene.Files = watched;
        Exception error = Assert.ThrowsAny<IOException>(() => scene.Run());
        Assert.True(FileSystemErrors.IsDiskFull(error));
        scene.Files = scene.Disk;
        Assert.Equal(old, scene.CopyContents());
        Assert.DoesNotContain(scene.FilesOf(scene.Copy).Keys, name => name.EndsWith(".tmp", StringComparison.Ordinal));
        scene.Disk.Capacity = long.MaxValue;
        scene.Run(new CopyOptions { Mirror = true });
        scene.RequireFinished();
    }

    [Fact]
    public void A_copy_that_was_stopped_goes_on_within_the_file()
    {
        CopyScene scene = new(new CreateOptions());
        scene.Commit((1, 3_000_000), (2, 2_000_000));
        using CancellationTokenSource stop = new();
        string big = scene.SegmentOf(scene.Source, 0);
        long length = scene.Disk.GetInfo(big).Length;
        WatchedFileSystem watched = new(scene.Disk, scene.Copy);
        int writes = 0;
        watched.Before = (_, operation) =>
        {
            if (operation == "write 0/0.copy.tmp" && ++writes == 8)
            {
                stop.Cancel();
            }
        };
        scene.Files = watched;
        Assert.ThrowsAny<OperationCanceledException>(() => scene.Run(cancellationToken: stop.Token));
        Assert.Equal(8, writes);
        Assert.Equal(RepositoryContents.Absent, scene.CopyContents());
        Assert.DoesNotContain(scene.Disk.Files(scene.Copy), path => path.Contains("/lock.", StringComparison.Ordinal));

        writes = 0;
        watched.Before = (_, operation) => writes += operation == "write 0/0.copy.tmp" ? 1 : 0;
        scene.Run();
        Assert.Equal(((length + 262143) / 262144) - 8, writes);
        scene.RequireFinished();
    }

    [Fact]
    public void A_new_copy_that_was_stopped_does_not_read_again_what_it_wrote_down()
    {
        CopyScene scene = Prepare();
        RepositoryContents old = scene.CopyContents();
        WatchedFileSystem watched = new(scene.Disk, scene.Copy)
        {
            Before = (_, operation) =>
            {
                if (operation.StartsWith("replace integrity.", StringComparison.Ordinal))
                {
                    throw new ProcessKilledException();
                }
            },
        };
        scene.Files = watched;
        Assert.Throws<ProcessKilledException>(() => scene.Run());
        scene.Files = scene.Disk;
        Assert.Equal(scene.SourceContents(), scene.CopyContents());
        Assert.NotEqual(old, scene.CopyContents());
        CopyReport report = scene.Run(new CopyOptions { Mirror = true });
        Assert.Equal(0, report.Count(CopyAction.Add));
        scene.RequireFinished();
    }

    [Fact]
    public void What_reads_back_differently_does_not_take_its_name()
    {
        CopyScene scene = Prepare();
        RepositoryContents old = scene.CopyContents();
        scene.Files = new ForgetfulFileSystem(scene.Disk, scene.Copy);
        CopyVerificationException error = Assert.Throws<CopyVerificationException>(() => scene.Run());
        Assert.StartsWith(scene.Copy, error.File, StringComparison.Ordinal);
        scene.Files = scene.Disk;
        Assert.Equal(old, scene.CopyContents());
        scene.Run(new CopyOptions { Mirror = true });
        scene.RequireFinished();
    }

    [Fact]
    public void The_copy_is_locked_meanwhile_and_its_source_can_be_read()
    {
        CopyScene scene = Prepare();
        scene.OthersLive = true;
        bool looked = false;
        WatchedFileSystem watched = new(scene.Disk, scene.Copy);
        watched.Before = (_, operation) =>
        {
            if (operation.StartsWith("replace hints", StringComparison.Ordinal) && !looked)
            {
                looked = true;
                Assert.Throws<LockTimeoutException>(() => scene.OpenCopy());
                Assert.Throws<LockTimeoutException>(() => scene.OpenSource(SessionAccess.Write));
                using Repository reader = scene.OpenSource();
                Assert.Equal(scene.Objects.Count, reader.Count);
            }
        };
        scene.Files = watched;
        scene.Run();
        Assert.True(looked);
    }

    [Fact]
    public void A_locked_copy_is_waited_for_and_then_given_up()
    {
        CopyScene scene = Prepare();
        scene.OthersLive = true;
        using Repository other = scene.OpenCopy();
        Assert.Throws<LockTimeoutException>(() => scene.Run());
    }

    [Fact]
    public void A_broken_lock_ends_the_copy_before_the_new_state_shows()
    {
        CopyScene scene = Prepare();
        RepositoryContents old = scene.CopyContents();
        WatchedFileSystem watched = new(scene.Disk, scene.Copy);
        watched.Before = (_, operation) =>
        {
            if (operation.StartsWith("write 1/", StringComparison.Ordinal))
            {
                Repository.BreakLock(scene.Copy, scene.Services());
            }
        };
        scene.Files = watched;
        Assert.Throws<LockLostException>(() => scene.Run());
        Assert.Equal(old, scene.CopyContents());
    }

    [Fact]
    public void A_source_that_changes_meanwhile_in_spite_of_its_lock_ends_the_copy()
    {
        CopyScene scene = Prepare();
        RepositoryContents old = scene.CopyContents();
        WatchedFileSystem watched = new(scene.Disk, scene.Copy);
        watched.Before = (_, operation) =>
        {
            if (operation.StartsWith("write 1/", StringComparison.Ordinal))
            {
                scene.Disk.DeleteFile(scene.Disk.Files(scene.Source + "/data")[0]);
                watched.Before = null;
            }
        };
        scene.Files = watched;
        CopyRefusedException error = Assert.Throws<CopyRefusedException>(() => scene.Run());
        Assert.Equal(CopyRefusal.SourceChanged, error.Reason);
        Assert.Equal(old, scene.CopyContents());
    }

    [Fact]
    public void A_limit_of_bytes_per_second_is_kept()
    {
        CopyScene scene = new(new CreateOptions());
        scene.Commit((1, 4_000_000));
        DateTimeOffset start = scene.Time.GetUtcNow();
        scene.Run(new CopyOptions { BytesPerSecond = 1_000_000 });
        double seconds = (scene.Time.GetUtcNow() - start).TotalSeconds;
        Assert.InRange(seconds, 3.7, 4.5);
    }

    [Fact]
    public void Progress_ends_with_all_bytes()
    {
        CopyScene scene = new CopyScene().Commit((1, 3000));
        List<OperationProgress> reports = [];
        using Repository source = Repository.Open(
            scene.Source, new OpenOptions(), scene.Services() with { Progress = reports.Add }, TestContext.Current.CancellationToken);
        source.CopyTo(scene.Copy, new CopyOptions(), TestContext.Current.CancellationToken);
        Assert.NotEmpty(reports);
        Assert.All(reports, report => Assert.StartsWith("Copying to ", report.Activity, StringComparison.Ordinal));
        Assert.Contains(reports, report => report.Detail == "data/0/0" && report.DoneBytes <= report.TotalBytes);
    }

    private static CopyScene Prepare()
    {
        CopyScene scene = new CopyScene().Commit((1, 50), (2, 60), (3, 280));
        scene.Run(new CopyOptions { Mirror = true });
        return scene.Commit((4, 80), (1, -1)).CommitAndCompact((5, 30)).CommitAndCompact((2, 20)).Commit((6, 310), (7, 100));
    }

    private static void FailAt(int k, FileCall call, Fault fault)
    {
        CopyScene scene = Prepare();
        RepositoryContents old = scene.CopyContents();
        FaultingFileSystem faulting = new(scene.Disk) { Plan = (number, _) => number == k ? fault : null };
        scene.Files = faulting;
        Exception? error = Record.Exception(() => scene.Run(new CopyOptions { Mirror = true }));
        scene.Files = scene.Disk;
        try
        {
            Assert.True(error is null or IOException or UnauthorizedAccessException or BorgRepositoryException, error?.ToString());
            Assert.Empty(faulting.RetriedSyncs);
            Assert.Contains(scene.CopyContents(), (RepositoryContents[])[old, scene.SourceContents()]);
            foreach (string folder in (string[])[scene.Source, scene.Copy])
            {
                // A lock that could not be given back is somebody's to break; here nobody else is alive.
                Repository.BreakLock(folder, scene.Services());
            }

            scene.Run(new CopyOptions { Mirror = true });
            scene.RequireFinished();
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{fault} at call {k} ({call}): {failure.Message}", failure);
        }
    }
}
