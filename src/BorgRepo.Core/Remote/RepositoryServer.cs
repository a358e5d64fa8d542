using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>
/// Serves one client: an unmodified borg (1.0 - 1.4) at the other end of a pair of pipes. Requests are worked on one after
/// the other. When it ends, for whatever reason, nothing is committed that the client did not commit, and the lock is free.
/// </summary>
public sealed class RepositoryServer : IDisposable
{
    /// <summary>Result of <see cref="Run"/>: the client closed the connection.</summary>
    public const int Ended = 0;

    /// <summary>Result of <see cref="Run"/>: the connection broke, or the server was stopped.</summary>
    public const int Interrupted = 1;

    /// <summary>Result of <see cref="Run"/>: what came is not the protocol.</summary>
    public const int Refused = 2;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ServerLog _log;
    private readonly ServerProgress _progress;
    private readonly ServerSession _session;

    /// <summary>Makes a server.</summary>
    /// <param name="options">What clients are allowed.</param>
    /// <param name="fileSystem">Where repositories are.</param>
    /// <param name="environment">Clock and process.</param>
    /// <param name="errors">Receives messages for the client's user. It stays open as long as the session lasts.</param>
    public RepositoryServer(ServerOptions options, IFileSystem fileSystem, RepositoryEnvironment environment, Stream errors)
    {
        _log = new ServerLog(errors, environment.Time, options.LogLevel);
        _progress = new ServerProgress(_log);
        RepositoryServices services = new(fileSystem, environment, _log.Write, _progress.Report);
        _session = new ServerSession(options, services, _log, _stopping.Token);
    }

    /// <summary>Answers requests until the client is done.</summary>
    /// <param name="input">Requests.</param>
    /// <param name="output">Answers and nothing else.</param>
    /// <returns>The exit status of a server program.</returns>
    public int Run(Stream input, Stream output)
    {
        try
        {
            return Serve(new FrameReader(input, FrameLimits.Requests), new ResponseWriter(output));
        }
        catch (IOException)
        {
            // The client is gone, and with it everybody who could be told.
            return Interrupted;
        }
        finally
        {
            _session.Close();
        }
    }

    /// <summary>
    /// Stops from another thread: interrupts a long operation, undoes what is not committed and releases the lock, before it
    /// returns. <see cref="Run"/> may still wait for its input then.
    /// </summary>
    public void Stop()
    {
        _stopping.Cancel();
        _session.Close();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _stopping.Dispose();
    }

    private int Serve(FrameReader reader, ResponseWriter writer)
    {
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                if (!reader.HasNext)
                {
                    writer.Flush();
                }

                if (!reader.TryRead(out ReadOnlyMemory<byte> frame))
                {
                    break;
                }

                Answer(RpcRequest.Parse(frame), writer);
            }

            writer.Flush();
            return _stopping.IsCancellationRequested ? Interrupted : Ended;
        }
        catch (ProtocolException error)
        {
            // What came before is answered; then there is nothing to hold on to: where the next frame begins is unknown.
            writer.Flush();
            _log.Write(new RepositoryNotice(NoticeLevel.Error, error.Message));
            return Refused;
        }
    }

    private void Answer(in RpcRequest request, ResponseWriter writer)
    {
        RpcResult result;
        try
        {
            result = _session.Invoke(request);
        }
        catch (Exception error) when (error is not ProtocolException)
        {
            // Whatever went wrong, the client hears of it and decides: the session goes on.
            _progress.Finish();
            writer.WriteError(request, (error as RpcErrorException)?.Error ?? RpcError.From(error), error.ToString());
            return;
        }

        _progress.Finish();
        writer.Write(request, result);
    }
}
