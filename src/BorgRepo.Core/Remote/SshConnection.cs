using System.Globalization;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>A server at the other end of the real OpenSSH client, or of what BORG_RSH names.</summary>
public sealed class SshConnection : IServerConnection
{
    private readonly ChildProcess _process;

    private SshConnection(ChildProcess process) => _process = process;

    /// <inheritdoc/>
    public Stream Requests => _process.Input;

    /// <inheritdoc/>
    public Stream Responses => _process.Output;

    /// <inheritdoc/>
    public Stream Messages => _process.Errors;

    /// <summary>Starts ssh, and by it the server.</summary>
    /// <param name="location">Where.</param>
    /// <param name="options">How.</param>
    /// <param name="serverArguments">Further options of the server.</param>
    /// <exception cref="RemoteConnectionException">The program cannot be started.</exception>
    public static SshConnection Start(RemoteLocation location, RemoteOptions options, IEnumerable<string> serverArguments)
    {
        IReadOnlyList<string> command = GetCommand(location, options, serverArguments);
        try
        {
            return new SshConnection(ChildProcess.Start(command));
        }
        catch (IOException error)
        {
            throw new RemoteConnectionException(location.ToString(), $"'{command[0]}' cannot be started: {error.Message}", error);
        }
    }

    /// <summary>The words of the command line, the program first.</summary>
    public static IReadOnlyList<string> GetCommand(RemoteLocation location, RemoteOptions options, IEnumerable<string> serverArguments)
    {
        List<string> command;
        try
        {
            command = [.. ShellWords.Split(options.Rsh, backslashQuotes: !OperatingSystem.IsWindows())];
        }
        catch (FormatException error)
        {
            throw new RemoteConnectionException(location.ToString(), $"the ssh command cannot be read: {error.Message}", error);
        }

        if (command.Count == 0)
        {
            throw new RemoteConnectionException(location.ToString(), "the ssh command is empty.");
        }

        if (location.Port is { } port)
        {
            command.AddRange("-p", port.ToString(CultureInfo.InvariantCulture));
        }

        command.Add(location.User is { } user ? $"{user}@{location.Host}" : location.Host);
        command.AddRange(options.RemotePath, "serve");
        command.AddRange(options.LogLevel switch
        {
            NoticeLevel.Debug => ["--debug"],
            NoticeLevel.Information => ["--info"],
            _ => [],
        });
        command.AddRange(serverArguments);
        return command;
    }

    /// <inheritdoc/>
    public bool WaitForEnd(TimeSpan limit) => _process.WaitForExit(limit);

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}
