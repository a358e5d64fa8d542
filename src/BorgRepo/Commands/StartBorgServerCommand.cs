using System.Management.Automation;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;

namespace BorgRepo.Commands;

/// <summary>
/// Serves repositories to one borg client on the standard streams of this process, as "borg serve" does. It ends when the
/// client closes the connection.
/// </summary>
/// <remarks>The program borgrepo-serve is another door to the same room, and opens in a hundredth of the time.</remarks>
[Cmdlet(VerbsLifecycle.Start, "BorgServer")]
[OutputType(typeof(void))]
public sealed class StartBorgServerCommand : BorgCmdlet
{
    private const int LeastQuota = 10_000_000;

    private RepositoryServer? _server;

    /// <summary>Folders in which repositories may be; a folder may be a repository itself.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] RestrictToPath { get; set; } = [];

    /// <summary>Repositories that may be used, and no other.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] RestrictToRepository { get; set; } = [];

    /// <summary>Nothing that a client does removes old states.</summary>
    [Parameter]
    public SwitchParameter AppendOnly { get; set; }

    /// <summary>Most bytes that a repository may hold, instead of what its config says.</summary>
    [Parameter]
    [ValidateRange(LeastQuota, long.MaxValue)]
    public long? StorageQuota { get; set; }

    /// <summary>Longest time in seconds that a client may wait for the lock.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? LockWait { get; set; }

    /// <summary>Least level of the messages that the client's user is sent.</summary>
    [Parameter]
    public BorgServerLogLevel LogLevel { get; set; } = BorgServerLogLevel.Warning;

    private protected override void End()
    {
        ServerOptions options = new()
        {
            RestrictToPaths = [.. RestrictToPath.Select(path => LocationResolver.ToFullPath(SessionState.Path, path))],
            RestrictToRepositories = [.. RestrictToRepository.Select(path => LocationResolver.ToFullPath(SessionState.Path, path))],
            AppendOnly = AppendOnly,
            StorageQuota = StorageQuota,
            LockWait = LockWait is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            LogLevel = LogLevel == BorgServerLogLevel.None ? null : (NoticeLevel)LogLevel,
            CheckWorkers = Math.Min(Environment.ProcessorCount, ServerOptions.MostCheckWorkers),
            HomeDirectory = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
            WorkingDirectory = SessionState.Path.CurrentFileSystemLocation.ProviderPath,
        };
        options = ServerCommandLine.TakeFromClient(options, SystemEnvironment.Instance.GetVariable("SSH_ORIGINAL_COMMAND"));

        ProcessStreams streams = ProcessStreams.Take();
        _server = new RepositoryServer(options, LocalFileSystem.Instance, SystemEnvironment.Instance, streams.Errors);
        using ServerSignals signals = new(_server);
        Serve(_server, streams);
    }

    private protected override void Release() => _server?.Dispose();

    private void Serve(RepositoryServer server, ProcessStreams streams)
    {
        // On a thread of its own: reading the input cannot be interrupted, but a stop can leave it behind.
        Task<int> run = Task.Factory.StartNew(
            () => server.Run(streams.Input, streams.Output), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            int end = run.WaitAsync(Stopped).GetAwaiter().GetResult();
            if (end != RepositoryServer.Ended)
            {
                throw new InputException(
                    end == RepositoryServer.Refused ? "ProtocolError" : "ConnectionFailed",
                    end == RepositoryServer.Refused ? "What came was not the protocol of a borg client." : "The connection broke.",
                    null,
                    ErrorCategory.ConnectionError);
            }
        }
        finally
        {
            server.Stop();
        }
    }
}
