using BorgRepo.Core.Remote;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>A connection whose other end is code of the test.</summary>
internal sealed class InProcessConnection(int capacity = 64 * 1024) : IServerConnection
{
    private readonly BlockingPipe _requests = new(capacity);
    private readonly BlockingPipe _responses = new(capacity);
    private readonly BlockingPipe _messages = new(capacity);
    private Task _run = Task.CompletedTask;

    public Stream Requests => _requests.Writer;

    public Stream Responses => _responses.Reader;

    public Stream Messages => _messages.Reader;

    public Stream ServerInput => _requests.Reader;

    public Stream ServerOutput => _responses.Writer;

    public Stream ServerMessages => _messages.Writer;

    /// <summary>Runs the server's side; when it ends, its streams are closed as those of a process.</summary>
    public void Run(Action server) => _run = Task.Factory.StartNew(
        () =>
        {
            try
            {
                server();
            }
            finally
            {
                ServerInput.Dispose();
                ServerOutput.Dispose();
                ServerMessages.Dispose();
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    public bool WaitForEnd(TimeSpan limit) => _run.Wait(limit);

    public void Dispose()
    {
        Requests.Dispose();
        Responses.Dispose();
        Messages.Dispose();
    }
}
