using System.Runtime.Versioning;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

[UnsupportedOSPlatform("windows")]
public sealed class UnixPermissionTests : IDisposable
{
    private static readonly LocalFileSystem s_files = LocalFileSystem.Instance;
    private readonly string _folder = Directory.CreateTempSubdirectory("borgrepo-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void New_files_and_folders_are_private()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are inherited there.");
        Make("f");
        s_files.TryCreateDirectory(At("d"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("f")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(At("d")));
    }

    [Theory]
    [InlineData("755", false)]
    [InlineData("775", true)]
    [InlineData("770", true)]
    [InlineData("1777", false)]
    public void In_a_folder_shared_with_its_group_they_are_shared_as_far_as_the_umask_allows(string mode, bool isShared)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are inherited there.");
        UnixFileMode parent = (UnixFileMode)Convert.ToInt32(mode, 8);
        File.SetUnixFileMode(_folder, parent);
        Make("f");
        // What the umask lets through shows in a file that the runtime makes with full permissions.
        File.WriteAllText(At("umask"), "");
        UnixFileMode allowed = File.GetUnixFileMode(At("umask"));
        UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(isShared ? allowed & (parent | ownerOnly) : ownerOnly, File.GetUnixFileMode(At("f")));
    }

    [Fact]
    public void An_existing_file_keeps_its_permissions_when_it_is_overwritten()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are inherited there.");
        Make("f");
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(At("f"), mode);
        Make("f");
        Assert.Equal(mode, File.GetUnixFileMode(At("f")));
    }

    [Fact]
    public void Refused_access_is_an_error_of_its_own()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Root may do everything.");
        s_files.TryCreateDirectory(At("d"));
        File.SetUnixFileMode(At("d"), UnixFileMode.None);
        Assert.Throws<UnauthorizedAccessException>(() => s_files.GetInfo(At("d", "x")));
        Assert.Throws<UnauthorizedAccessException>(() => s_files.List(At("d")));
        Assert.Throws<UnauthorizedAccessException>(() => s_files.TryCreateDirectory(At("d", "x")));
        Assert.Throws<UnauthorizedAccessException>(() => s_files.Open(At("d", "x"), FileOpenKind.CreateNew));
        File.SetUnixFileMode(At("d"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string At(params string[] names) => Path.Combine([_folder, .. names]);

    private void Make(string name) => s_files.Open(At(name), FileOpenKind.Overwrite).Dispose();
}
