using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  a   b\tc ", "a|b|c")]
    [InlineData("ssh -o 'User Known'  x", "ssh|-o|User Known|x")]
    [InlineData("\"a b\"c 'd'\"e\"", "a bc|de")]
    [InlineData("a\\ b \"c\\\"d\\\\e\\f\"", "a b|c\"d\\e\\f")]
    [InlineData("'' x", "|x")]
    public void Words_are_split_as_a_shell_does(string line, string expected) =>
        Assert.Equal(expected.Length == 0 ? [] : expected.Split('|'), ShellWords.Split(line));

    [Theory]
    [InlineData("'a")]
    [InlineData("\"a")]
    [InlineData("a\\")]
    public void An_open_quote_is_an_error(string line) => Assert.Throws<FormatException>(() => ShellWords.Split(line));

    [Fact]
    public void A_backslash_is_a_letter_where_it_separates_folders() =>
        Assert.Equal([@"C:\Windows\ssh.exe", "-v"], ShellWords.Split(@"C:\Windows\ssh.exe -v", backslashQuotes: false));

    [Fact]
    public void The_options_of_borg_serve_are_taken_in_both_forms()
    {
        ServerOptions options = Parse(
            "serve", "--restrict-to-path", "/a", "--restrict-to-path=b", "--restrict-to-repository=/c", "--append-only",
            "--storage-quota", "1.5G", "--umask=077", "--umask", "0077", "--debug-topic=x", "--lock-wait", "7", "--info");
        Assert.Equal(["/a", "/work/b"], options.RestrictToPaths);
        Assert.Equal(["/c"], options.RestrictToRepositories);
        Assert.True(options.AppendOnly);
        Assert.Equal(1_500_000_000, options.StorageQuota);
        Assert.Equal(TimeSpan.FromSeconds(7), options.LockWait);
        Assert.Equal(NoticeLevel.Information, options.LogLevel);
    }

    [Theory]
    [InlineData("--debug", NoticeLevel.Debug)]
    [InlineData("--warning", NoticeLevel.Warning)]
    [InlineData("--error", NoticeLevel.Error)]
    [InlineData("--critical", null)]
    public void Levels_are_those_of_borg(string option, NoticeLevel? expected) => Assert.Equal(expected, Parse(option).LogLevel);

    [Theory]
    [InlineData("--frob")]
    [InlineData("create")]
    [InlineData("--restrict-to-path")]
    [InlineData("--storage-quota", "9M")]
    [InlineData("--storage-quota", "many")]
    [InlineData("--lock-wait", "-1")]
    public void What_is_no_option_or_no_value_is_refused(params string[] words) => Assert.Throws<FormatException>(() => Parse(words));

    [Fact]
    public void A_client_behind_a_forced_command_chooses_only_what_it_is_told()
    {
        ServerOptions options = Parse(
            ["--restrict-to-path", "/a", "--lock-wait=9"],
            "BORG_HOSTNAME_IS_UNIQUE=no '/usr/bin/my borg' serve --debug --lock-wait 3 --restrict-to-path / --storage-quota=1P --umask=0 --unknown");
        Assert.Equal(["/a"], options.RestrictToPaths);
        Assert.Null(options.StorageQuota);
        Assert.Equal(NoticeLevel.Debug, options.LogLevel);
        Assert.Equal(TimeSpan.FromSeconds(3), options.LockWait);
    }

    [Theory]
    [InlineData("bash -c 'serve --debug'")]
    [InlineData("")]
    [InlineData("borg create --debug")]
    [InlineData("borg serve 'not closed --debug")]
    public void Anything_else_that_a_client_asked_for_changes_nothing(string command) =>
        Assert.Equal(NoticeLevel.Warning, Parse([], command).LogLevel);

    [Theory]
    [InlineData("ssh://host/repo", null, "host", null, "/repo")]
    [InlineData("ssh://me@host:2222/srv/a b", "me", "host", 2222, "/srv/a b")]
    [InlineData("SSH://me@[::1]:22/./x", "me", "::1", 22, "/./x")]
    [InlineData("ssh://[fe80::1]/~/x", null, "fe80::1", null, "/~/x")]
    [InlineData("ssh://a@b@host/~you/x", "a@b", "host", null, "/~you/x")]
    public void Locations_are_taken_apart_and_put_together(string text, string? user, string host, int? port, string path)
    {
        RemoteLocation location = RemoteLocation.Parse(text);
        Assert.Equal((user, host, port, path), (location.User, location.Host, location.Port, location.Path));
        Assert.Equal(text, location.ToString(), ignoreCase: true);
        Assert.Equal(location, RemoteLocation.Parse(location.ToString()));
    }

    [Theory]
    [InlineData("host:repo")]
    [InlineData("ssh://host")]
    [InlineData("ssh://host/")]
    [InlineData("ssh:///repo")]
    [InlineData("ssh://host:0/repo")]
    [InlineData("ssh://host:65536/repo")]
    [InlineData("ssh://host:port/repo")]
    [InlineData("ssh://[::1/repo")]
    [InlineData("ssh://@host/repo")]
    [InlineData("ssh://-oProxyCommand=touch x/repo")]
    [InlineData("ssh://-oProxyCommand=x@host/repo")]
    public void What_is_no_location_is_refused(string text) => Assert.Throws<FormatException>(() => RemoteLocation.Parse(text));

    [Fact]
    public void Ssh_is_started_as_borg_starts_it()
    {
        RemoteOptions options = new() { Rsh = "ssh -i 'my key'", RemotePath = "borg1", LogLevel = NoticeLevel.Information };
        Assert.Equal(
            ["ssh", "-i", "my key", "-p", "2222", "me@host", "borg1", "serve", "--info", "--storage-quota=5"],
            SshConnection.GetCommand(RemoteLocation.Parse("ssh://me@host:2222/r"), options, ["--storage-quota=5"]));
        Assert.Equal(
            ["ssh", "host", "borg", "serve"],
            SshConnection.GetCommand(RemoteLocation.Parse("ssh://host/r"), new RemoteOptions(), []));
    }

    private static ServerOptions Parse(params string[] words) => Parse(words, null);

    private static ServerOptions Parse(string[] words, string? originalCommand) => ServerCommandLine.Parse(words, originalCommand, "/home/me", "/work");
}
