using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

/// <summary>What every file system must do, so that a test against the one in memory says something about the real one.</summary>
public abstract class FileSystemContract
{
    protected abstract IFileSystem Files { get; }

    /// <summary>An empty folder.</summary>
    protected abstract string Root { get; }

    [Fact]
    public void Nothing_is_missing_and_no_error()
    {
        Assert.Equal(PathKind.Missing, Files.GetInfo(At("x")).Kind);
        Assert.Equal(PathKind.Missing, Files.GetInfo(At("x", "y")).Kind);
        Put("f", "abc");
        Assert.Equal(PathKind.Missing, Files.GetInfo(At("f", "y")).Kind);
        Assert.Equal(new PathInfo(PathKind.File, 3, Files.GetInfo(At("f")).LastWriteUtc), Files.GetInfo(At("f")));
        Assert.Equal(PathKind.Directory, Files.GetInfo(Root).Kind);
        Assert.Equal(0, Files.GetInfo(Root).Length);
    }

    [Fact]
    public void Missing_things_cannot_be_opened_or_listed()
    {
        Assert.Throws<FileNotFoundException>(() => Files.Open(At("x"), FileOpenKind.Read));
        Assert.Throws<DirectoryNotFoundException>(() => Files.Open(At("x", "y"), FileOpenKind.CreateNew));
        Assert.Throws<DirectoryNotFoundException>(() => Files.List(At("x")));
        Assert.Throws<DirectoryNotFoundException>(() => Files.TryCreateDirectory(At("x", "y")));
        Assert.Throws<DirectoryNotFoundException>(() => Files.SyncDirectory(At("x")));
    }

    [Fact]
    public void A_new_file_must_be_new()
    {
        using (IFile file = Files.Open(At("f"), FileOpenKind.CreateNew))
        {
            file.Write("abc"u8, 0);
            file.Sync();
        }
        IOException error = Assert.ThrowsAny<IOException>(() => Files.Open(At("f"), FileOpenKind.CreateNew));
        Assert.True(FileSystemErrors.IsAlreadyExists(error));
        Assert.False(FileSystemErrors.IsDiskFull(error));
        Assert.Equal("abc", Get("f"));
    }

    [Fact]
    public void Overwriting_empties_and_updating_keeps()
    {
        Put("f", "abcdef");
        using (IFile file = Files.Open(At("f"), FileOpenKind.Update))
        {
            Assert.Equal(6, file.Length);
            file.Write("X"u8, 2);
            byte[] buffer = new byte[10];
            Assert.Equal(5, file.Read(buffer, 1));
            Assert.Equal("bXdef"u8, buffer.AsSpan(0, 5));
            file.SetLength(4);
        }
        Assert.Equal("abXd", Get("f"));
        using (IFile file = Files.Open(At("f"), FileOpenKind.Overwrite))
        {
            Assert.Equal(0, file.Length);
        }
        Assert.Equal("", Get("f"));
    }

    [Fact]
    public void Writing_beyond_the_end_fills_with_zeros()
    {
        using (IFile file = Files.Open(At("f"), FileOpenKind.CreateNew))
        {
            file.Write("abcdef"u8, 0);
            file.SetLength(2);
            file.Write("x"u8, 4);
        }
        Assert.Equal("ab\0\0x", Get("f"));
    }

    [Fact]
    public void Reading_gives_what_is_there_and_nothing_beyond_the_end()
    {
        Put("f", "abc");
        using IFile file = Files.Open(At("f"), FileOpenKind.Read);
        byte[] buffer = new byte[8];
        Assert.Equal(3, file.Read(buffer, 0));
        Assert.Equal(1, file.Read(buffer, 2));
        Assert.Equal(0, file.Read(buffer, 3));
        Assert.Equal(0, file.Read(buffer, 300));
        Assert.Equal(0, file.Read([], 0));
        Assert.Throws<UnauthorizedAccessException>(() => file.Write("x"u8, 0));
    }

    [Fact]
    public void An_open_file_shows_what_is_appended_meanwhile()
    {
        using IFile writer = Files.Open(At("f"), FileOpenKind.CreateNew);
        using IFile reader = Files.Open(At("f"), FileOpenKind.Read);
        writer.Write("abc"u8, 0);
        byte[] buffer = new byte[3];
        Assert.Equal(3, reader.Read(buffer, 0));
        Assert.Equal(3, reader.Length);
    }

    [Fact]
    public void Listing_gives_names_and_kinds()
    {
        Put("f", "abc");
        Put(".hidden [x]*?", "");
        Assert.True(Files.TryCreateDirectory(At("d")));
        Assert.Equal(
            [new DirectoryItem(".hidden [x]*?", PathKind.File), new DirectoryItem("d", PathKind.Directory), new DirectoryItem("f", PathKind.File)],
            Files.List(Root).OrderBy(i => i.Name, StringComparer.Ordinal));
    }

    [Fact]
    public void A_folder_is_made_once()
    {
        Put("f", "");
        Assert.True(Files.TryCreateDirectory(At("d")));
        Assert.False(Files.TryCreateDirectory(At("d")));
        Assert.False(Files.TryCreateDirectory(At("f")));
    }

    [Fact]
    public void Of_many_that_make_one_folder_one_succeeds()
    {
        for (int round = 0; round < 20; round++)
        {
            int made = 0;
            string path = At("d" + round);
            Parallel.For(0, 8, _ => Interlocked.Add(ref made, Files.TryCreateDirectory(path) ? 1 : 0));
            Assert.Equal(1, made);
        }
    }

    [Fact]
    public void Replacing_puts_the_new_file_in_the_place_of_the_old_one()
    {
        Put("new", "new");
        Put("old", "old");
        Files.Replace(At("new"), At("old"));
        Assert.Equal("new", Get("old"));
        Assert.Single(Files.List(Root));
        Files.Replace(At("old"), At("free"));
        Assert.Equal("new", Get("free"));
        Assert.Throws<FileNotFoundException>(() => Files.Replace(At("old"), At("free")));
        Assert.ThrowsAny<IOException>(() => Files.Replace(At("free"), At("nowhere", "x")));
        Assert.True(Files.TryCreateDirectory(At("d")));
        Assert.ThrowsAny<IOException>(() => Files.Replace(At("free"), At("d")));
        Assert.Equal("new", Get("free"));
    }

    [Fact]
    public void A_folder_is_not_renamed_on_to_one_with_something_in_it()
    {
        Files.TryCreateDirectory(At("a"));
        Files.TryCreateDirectory(At("b"));
        Put("a/x", "a");
        Put("b/x", "b");
        Put("f", "f");
        Assert.False(Files.TryRenameDirectory(At("a"), At("b")));
        Assert.False(Files.TryRenameDirectory(At("a"), At("f")));
        Assert.True(Files.TryRenameDirectory(At("a"), At("c")));
        Assert.Equal("a", Get("c/x"));
        Assert.Equal("b", Get("b/x"));
        Assert.Equal(PathKind.Missing, Files.GetInfo(At("a")).Kind);
        Assert.ThrowsAny<IOException>(() => Files.TryRenameDirectory(At("a"), At("e")));
        Assert.ThrowsAny<IOException>(() => Files.TryRenameDirectory(At("c"), At("nowhere", "c")));
    }

    [Fact]
    public void A_folder_takes_the_place_of_an_empty_one_on_Unix_only()
    {
        Files.TryCreateDirectory(At("a"));
        Files.TryCreateDirectory(At("b"));
        Put("a/x", "a");
        Assert.Equal(!OperatingSystem.IsWindows(), Files.TryRenameDirectory(At("a"), At("b")));
    }

    [Fact]
    public void Of_many_folders_renamed_to_one_name_one_arrives()
    {
        for (int round = 0; round < 20; round++)
        {
            int arrived = 0;
            string target = At("t" + round);
            Parallel.For(0, 8, i =>
            {
                string source = At($"s{round}-{i}");
                Files.TryCreateDirectory(source);
                Files.Open(Path.Combine(source, $"{i}"), FileOpenKind.CreateNew).Dispose();
                Interlocked.Add(ref arrived, Files.TryRenameDirectory(source, target) ? 1 : 0);
            });
            Assert.Equal(1, arrived);
            Assert.Single(Files.List(target));
        }
    }

    [Fact]
    public void Deleting_what_is_not_there_is_no_error()
    {
        Files.DeleteFile(At("x"));
        Files.DeleteFile(At("x", "y"));
        Files.DeleteDirectory(At("x"));
        Files.DeleteDirectory(At("x", "y"));
    }

    [Fact]
    public void Only_empty_folders_are_deleted()
    {
        Files.TryCreateDirectory(At("d"));
        Put("d/x", "");
        Assert.ThrowsAny<IOException>(() => Files.DeleteDirectory(At("d")));
        Assert.Throws<UnauthorizedAccessException>(() => Files.DeleteFile(At("d")));
        Files.DeleteFile(At("d/x"));
        Files.DeleteDirectory(At("d"));
        Assert.Empty(Files.List(Root));
    }

    [Fact]
    public void A_deleted_or_replaced_file_can_be_read_on_by_who_has_it_open()
    {
        Put("f", "old");
        Put("g", "new");
        using IFile reader = Files.Open(At("f"), FileOpenKind.Read);
        Files.Replace(At("g"), At("f"));
        Files.DeleteFile(At("f"));
        byte[] buffer = new byte[3];
        Assert.Equal(3, reader.Read(buffer, 0));
        Assert.Equal("old"u8, buffer);
    }

    [Fact]
    public void Folders_can_be_synced_and_space_and_links_are_known_or_not()
    {
        Put("f", "abc");
        Files.SyncDirectory(Root);
        Assert.True(Files.GetAvailableBytes(Root) is null or > 0);
        Assert.True(Files.GetLinkCount(At("f")) is null or 1);
        Assert.Null(Files.GetLinkCount(At("x")));
    }

    protected string At(params string[] names) => Path.Combine([Root, .. names]);

    protected void Put(string name, string content)
    {
        using IFile file = Files.Open(At(name), FileOpenKind.Overwrite);
        file.Write(System.Text.Encoding.UTF8.GetBytes(content), 0);
    }

    protected string Get(string name)
    {
        using IFile file = Files.Open(At(name), FileOpenKind.Read);
        byte[] content = new byte[file.Length];
        Assert.Equal(content.Length, file.Read(content, 0));
        return System.Text.Encoding.UTF8.GetString(content);
    }
}
