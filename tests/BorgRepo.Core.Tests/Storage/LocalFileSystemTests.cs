using System.Diagnostics;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

public sealed class LocalFileSystemTests : FileSystemContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("borgrepo-test-").FullName;

    protected override IFileSystem Files => LocalFileSystem.Instance;

    protected override string Root => _folder;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_full_volume_is_recognised()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "Needs /dev/full.");
        // The device fails every write for want of space; through a link, as a name of our own.
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        using LocalFile file = new(handle, "/dev/full", handle);
        Exception error = Assert.ThrowsAny<IOException>(() => file.Write(new byte[10], 0));
        Assert.True(FileSystemErrors.IsDiskFull(error));
        Assert.False(FileSystemErrors.IsAlreadyExists(error));
    }

    [Fact]
    public void A_failing_sync_is_an_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs a file that refuses to be synced.");
        // procfs does not know the call; the managed flush would hide that.
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle("/proc/self/status", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using LocalFile file = new(handle, "/proc/self/status", handle);
        Assert.ThrowsAny<IOException>(file.Sync);
    }

    [Fact]
    public void Handing_bytes_over_early_changes_nothing_and_reports_nothing()
    {
        using (IFile file = Files.Open(At("f"), FileOpenKind.CreateNew))
        {
            file.Write(new byte[10_000], 0);
            file.WriteBehind(0, 8192);
            file.WriteBehind(1 << 30, 4096);
            file.Write("abc"u8, 10_000);
            file.Sync();
        }

        Assert.Equal(10_003, Files.GetInfo(At("f")).Length);
        if (OperatingSystem.IsLinux())
        {
            // procfs cannot do it.
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle("/proc/self/status", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using LocalFile other = new(handle, "/proc/self/status", handle);
            other.WriteBehind(0, 4096);
        }
    }

    [Fact]
    public void Reading_leaves_the_access_time_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux offers that.");
        Put("f", "abc");
        DateTime longAgo = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastAccessTimeUtc(At("f"), longAgo);
        using (IFile file = Files.Open(At("f"), FileOpenKind.Read))
        {
            Assert.Equal(3, file.Read(new byte[10], 0));
        }

        Assert.Equal(longAgo, File.GetLastAccessTimeUtc(At("f")));
    }

    [Fact]
    public void A_folder_that_cannot_be_synced_is_no_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs a file system without folder syncs.");
        Files.SyncDirectory("/proc/self");
    }

    [Fact]
    public void Links_are_followed()
    {
        Put("f", "abc");
        Files.TryCreateDirectory(At("d"));
        File.CreateSymbolicLink(At("to-file"), At("f"));
        File.CreateSymbolicLink(At("to-folder"), At("d"));
        File.CreateSymbolicLink(At("to-nothing"), At("x"));
        Assert.Equal(PathKind.File, Files.GetInfo(At("to-file")).Kind);
        Assert.Equal(3, Files.GetInfo(At("to-file")).Length);
        Assert.Equal(PathKind.Directory, Files.GetInfo(At("to-folder")).Kind);
        Assert.Equal(PathKind.Missing, Files.GetInfo(At("to-nothing")).Kind);
        Assert.Equal(
            [new DirectoryItem("d", PathKind.Directory), new DirectoryItem("to-folder", PathKind.Directory, IsLink: true)],
            Files.List(Root).Where(i => i.Kind == PathKind.Directory).OrderBy(i => i.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void Deleting_a_tree_does_not_follow_links_out_of_it()
    {
        Files.TryCreateDirectory(At("kept"));
        Put("kept/f", "abc");
        Files.TryCreateDirectory(At("tree"));
        Files.TryCreateDirectory(At("tree", "d"));
        Put("tree/d/f", "abc");
        File.CreateSymbolicLink(At("tree", "to-folder"), At("kept"));
        File.CreateSymbolicLink(At("tree", "to-file"), At("kept", "f"));
        FolderTree.Delete(Files, At("tree"));
        Assert.Equal(PathKind.Missing, Files.GetInfo(At("tree")).Kind);
        Assert.Equal("abc", Get("kept/f"));
    }

    [Fact]
    public void All_ways_to_name_a_folder_have_one_canonical_path()
    {
        Files.TryCreateDirectory(At("d"));
        File.CreateSymbolicLink(At("link"), At("d"));
        string expected = Files.GetCanonicalPath(At("d"));
        Assert.Equal(expected, Files.GetCanonicalPath(At("link")));
        Assert.Equal(expected, Files.GetCanonicalPath(At("link", "..", "d")));
        Assert.Equal(At("missing"), Files.GetCanonicalPath(At("missing")));
    }

    [Fact]
    public void Link_counts_and_times_are_those_of_the_disk()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Not known elsewhere.");
        Put("f", "abc");
        using (Process? ln = Process.Start("ln", [At("f"), At("g")]))
        {
            ln!.WaitForExit();
        }
        Assert.Equal(2, Files.GetLinkCount(At("f")));
        DateTime time = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(At("f"), time);
        Assert.Equal(time, Files.GetInfo(At("g")).LastWriteUtc);
        Assert.Equal(DateTimeKind.Utc, Files.GetInfo(At("g")).LastWriteUtc.Kind);
    }

    [Fact]
    public void A_pipe_is_refused_instead_of_waiting_for_its_other_end()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Special files are told apart on Linux only.");
        using (Process? mkfifo = Process.Start("mkfifo", [At("pipe")]))
        {
            mkfifo!.WaitForExit();
        }
        Assert.Equal(PathKind.Other, Files.GetInfo(At("pipe")).Kind);
        Assert.ThrowsAny<IOException>(() => Files.Open(At("pipe"), FileOpenKind.Read));
        Assert.ThrowsAny<IOException>(() => Files.Open(At("pipe"), FileOpenKind.Overwrite));
    }
}
