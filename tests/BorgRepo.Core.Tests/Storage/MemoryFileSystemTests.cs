using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

public sealed class MemoryFileSystemTests : FileSystemContract
{
    private readonly MemoryFileSystem _files = new MemoryFileSystem().AddDirectory("/base/folder");

    protected override IFileSystem Files => _files;

    protected override string Root => "/base/folder";

    [Fact]
    public void A_full_volume_keeps_what_still_fitted()
    {
        Put("f", "12345");
        _files.Capacity = 8;
        Exception error = Assert.ThrowsAny<IOException>(() => Put("g", "abcdef"));
        Assert.True(FileSystemErrors.IsDiskFull(error));
        Assert.Equal("abc", Get("g"));
        Assert.Equal(0, _files.GetAvailableBytes(Root));
        Put("f", "123");
        Assert.Equal(2, _files.GetAvailableBytes(Root));
    }

    [Fact]
    public void Space_of_a_deleted_file_is_free_when_the_last_handle_is_closed()
    {
        Put("f", "12345");
        IFile reader = _files.Open(At("f"), FileOpenKind.Read);
        _files.DeleteFile(At("f"));
        Assert.Equal(5, _files.UsedBytes);
        reader.Dispose();
        reader.Dispose();
        Assert.Equal(0, _files.UsedBytes);
        Assert.Equal(0, _files.OpenHandles);
    }

    [Fact]
    public void A_copy_is_independent()
    {
        Put("f", "12345");
        MemoryFileSystem copy = _files.Copy();
        Put("f", "x");
        Assert.Equal("12345"u8, copy.ReadAllBytes(At("f")));
        Assert.Equal(5, copy.UsedBytes);
        Assert.Equal([At("f")], copy.Files("/"));
    }
}
