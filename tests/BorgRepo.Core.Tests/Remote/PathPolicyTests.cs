using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>Which paths a client reaches. On real folders, since links are what this is about.</summary>
public sealed class PathPolicyTests : IDisposable
{
    private readonly string _root = LocalFileSystem.Instance.GetCanonicalPath(Directory.CreateTempSubdirectory("paths").FullName);

    public PathPolicyTests()
    {
        foreach (string name in new[] { "jail/repo", "jail2", "outside/repo", "home" })
        {
            Directory.CreateDirectory(Path.Combine(_root, name));
        }
    }

    [Theory]
    [InlineData("/./repo", "work/repo")]
    [InlineData("repo", "work/repo")]
    [InlineData("~/repo", "home/repo")]
    [InlineData("/~/repo", "home/repo")]
    [InlineData("/~", "home")]
    [InlineData("{root}/jail/repo", "jail/repo")]
    [InlineData("{root}/jail//./repo/", "jail/repo")]
    [InlineData("{root}/jail/new/../repo", "jail/repo")]
    public void All_ways_to_write_a_path_lead_to_one(string asked, string expected) =>
        Assert.Equal(Path.Combine(_root, expected), Resolve(asked));

    [Fact]
    public void The_home_of_another_user_is_found_where_there_are_users()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "No users with homes of the kind here.");
        Assert.Equal("/root/repo", Resolve("~root/repo").Replace("/var/root", "/root", StringComparison.Ordinal));
        Assert.Equal(Path.Combine(_root, "work/~nobody-has-this-name/repo"), Resolve("~nobody-has-this-name/repo"));
    }

    [Theory]
    [InlineData("{root}/jail", true)]
    [InlineData("{root}/jail/repo", true)]
    [InlineData("{root}/jail/deep/new", true)]
    [InlineData("{root}/jail2", false)]
    [InlineData("{root}/outside/repo", false)]
    [InlineData("{root}/jail/../outside/repo", false)]
    [InlineData("{root}/jail/new/../../outside/repo", false)]
    [InlineData("{root}", false)]
    [InlineData("/", false)]
    [InlineData("~/repo", false)]
    public void A_folder_to_stay_in_lets_nothing_out(string asked, bool isAllowed) =>
        AssertAllowed(asked, isAllowed, restrictToPaths: [Path.Combine(_root, "jail")]);

    [Theory]
    [InlineData("{root}/jail/repo", true)]
    [InlineData("{root}/jail", false)]
    [InlineData("{root}/jail/repo/below", false)]
    [InlineData("{root}/outside/repo", false)]
    public void A_repository_to_stay_in_is_that_one_only(string asked, bool isAllowed) =>
        AssertAllowed(asked, isAllowed, restrictToRepositories: [Path.Combine(_root, "jail/repo")]);

    [Fact]
    public void Both_kinds_of_limits_must_allow_it()
    {
        string repo = Path.Combine(_root, "jail/repo");
        AssertAllowed(repo, true, [Path.Combine(_root, "jail")], [repo]);
        AssertAllowed(repo, false, [Path.Combine(_root, "outside")], [repo]);
        AssertAllowed(repo, true, [Path.Combine(_root, "outside"), Path.Combine(_root, "jail")]);
    }

    [Theory]
    [InlineData("{root}/jail/link/repo")]
    [InlineData("{root}/jail/link/new")]
    [InlineData("{root}/jail/link/../jail2")]
    [InlineData("{root}/jail/repolink")]
    public void Links_do_not_lead_out(string asked)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making links needs a privilege there.");
        Directory.CreateSymbolicLink(Path.Combine(_root, "jail/link"), Path.Combine(_root, "outside"));
        Directory.CreateSymbolicLink(Path.Combine(_root, "jail/repolink"), Path.Combine(_root, "outside/repo"));
        AssertAllowed(asked, false, restrictToPaths: [Path.Combine(_root, "jail")]);
    }

    [Fact]
    public void A_limit_that_is_a_link_means_what_it_leads_to()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making links needs a privilege there.");
        Directory.CreateSymbolicLink(Path.Combine(_root, "alias"), Path.Combine(_root, "jail"));
        AssertAllowed("{root}/jail/repo", true, restrictToPaths: [Path.Combine(_root, "alias")]);
        AssertAllowed("{root}/alias/repo", true, restrictToPaths: [Path.Combine(_root, "jail")]);
    }

    [Fact]
    public void What_is_refused_is_named_as_the_client_wrote_it()
    {
        PathNotAllowedException error = Assert.Throws<PathNotAllowedException>(() => Resolve("/~/x", [Path.Combine(_root, "jail")]));
        Assert.Equal("/~/x", error.Path);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void AssertAllowed(string asked, bool isAllowed, string[]? restrictToPaths = null, string[]? restrictToRepositories = null)
    {
        Exception? error = Record.Exception(() => Resolve(asked, restrictToPaths, restrictToRepositories));
        Assert.True(isAllowed ? error is null : error is PathNotAllowedException, $"{asked}: {error?.Message ?? "allowed"}");
    }

    private string Resolve(string asked, string[]? restrictToPaths = null, string[]? restrictToRepositories = null)
    {
        ServerOptions options = new()
        {
            HomeDirectory = Path.Combine(_root, "home"),
            WorkingDirectory = Path.Combine(_root, "work"),
            RestrictToPaths = restrictToPaths ?? [],
            RestrictToRepositories = restrictToRepositories ?? [],
        };
        return new PathPolicy(options, LocalFileSystem.Instance)
            .Resolve(Encoding.UTF8.GetBytes(asked.Replace("{root}", _root, StringComparison.Ordinal)));
    }
}
