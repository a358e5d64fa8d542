using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

public sealed class AtomicFileTests
{
    private readonly MemoryFileSystem _files = new MemoryFileSystem().AddDirectory("/d");

    [Fact]
    public void The_new_content_replaces_the_old_one()
    {
        _files.WriteAllBytes("/d/f", "old"u8).WriteAllBytes("/d/f.tmp", "left by a crash"u8);
        AtomicFile.Write(_files, "/d/f", "new"u8, "/d/f.tmp", syncDirectory: true);
        Assert.Equal("new"u8, _files.ReadAllBytes("/d/f"));
        Assert.Equal(["/d/f"], _files.Files("/d"));
    }

    [Fact]
    public void On_a_full_volume_the_old_content_stays_and_nothing_else()
    {
        _files.WriteAllBytes("/d/f", "old"u8).Capacity = 5;
        Assert.True(FileSystemErrors.IsDiskFull(Assert.ThrowsAny<IOException>(() => AtomicFile.Write(_files, "/d/f", "newer"u8, "/d/f.tmp", syncDirectory: true))));
        Assert.Equal("old"u8, _files.ReadAllBytes("/d/f"));
        Assert.Equal(["/d/f"], _files.Files("/d"));
        Assert.Equal(0, _files.OpenHandles);
    }

    [Fact]
    public void A_refused_rename_leaves_nothing_behind()
    {
        _files.AddDirectory("/d/f");
        Assert.ThrowsAny<IOException>(() => AtomicFile.Write(_files, "/d/f", "new"u8, "/d/f.tmp", syncDirectory: false));
        Assert.Empty(_files.Files("/d"));
    }
}
