using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>
/// The client's side of a connection. Calls go out without waiting for the answers to those before, up to a hundred of them.
/// A thread of its own takes the answers in, so that a server that writes never waits for a client that writes.
/// </summary>
/// <remarks>
/// Thread-safe. Answers that nobody has taken yet are held up to a number of bytes; beyond it the reading pauses, except
/// while a call is being sent: then pausing could let both sides wait for each other for ever.
/// </remarks>
internal sealed partial class RpcClient : IDisposable
{
    private const long MostHeld = 64 * 1024 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly IServerConnection _connection;
    private readonly RepositoryServices _services;
    private readonly string _location;
    private readonly object _gate = new();
    private readonly Lock _sending = new();
    private readonly Dictionary<long, RpcCall> _open = [];
    private readonly RequestWriter _writer;
    private readonly RemoteMessages _messages;
    private readonly Thread _messageThread;
    private long _lastId;
    private long _held;
    private int _senders;
    private RpcError? _failure;
    private RemoteConnectionException? _broken;
    private bool _isClosing;

    public RpcClient(IServerConnection connection, RepositoryServices services, string location)
    {
        _connection = connection;
        _services = services;
        _location = location;
        _writer = new RequestWriter(connection.Requests);
        _messages = new RemoteMessages(_gate);
        _messageThread = new Thread(ReadMessages) { IsBackground = true, Name = "Remote messages" };
        _messageThread.Start();
        new Thread(ReadReplies) { IsBackground = true, Name = "Remote answers" }.Start();
    }

    /// <summary>True for servers of borg 1.0, which know arguments by position only.</summary>
    public bool IsOldServer { get; private set; }

    /// <summary>True once the connection is of no use any more.</summary>
    public bool IsBroken
    {
        get
        {
            lock (_gate)
            {
                return _broken is not null;
            }
        }
    }

    /// <summary>Agrees with the server on the form of all that follows.</summary>
    public void Negotiate(CancellationToken cancellationToken)
    {
        RpcCall call = Begin(isAwaited: true);
        Transmit(call, null, default, default, hasValue: false);
        IsOldServer = !Wait(call, cancellationToken).IsMap();
        _writer.IsPositional = IsOldServer;
    }

    /// <summary>Sends a call and waits for its answer.</summary>
    public RpcReply Invoke(string method, CancellationToken cancellationToken, params ReadOnlySpan<RpcArgument> arguments) =>
        Wait(Send(method, arguments), cancellationToken);

    /// <summary>Sends a call whose answer is fetched later.</summary>
    public RpcCall Send(string method, params ReadOnlySpan<RpcArgument> arguments)
    {
        RpcCall call = Begin(isAwaited: true);
        Transmit(call, method, arguments, default, hasValue: false);
        return call;
    }

    /// <summary>Sends a value whose answer matters only if it is an error; see <see cref="Settle"/>.</summary>
    public void Post(string method, in RpcArgument argument, ReadOnlySpan<byte> value)
    {
        ThrowIfFailed();
        Transmit(Begin(isAwaited: false), method, [argument], value, hasValue: true);
    }

    /// <summary>Waits until all that was posted is answered, and raises the first error among the answers.</summary>
    public void Settle(CancellationToken cancellationToken)
    {
        WaitUntil(() => !_open.Values.Any(static call => !call.IsAwaited), cancellationToken);
        ThrowIfFailed();
    }

    /// <summary>Forgets the errors of what was posted: after a rollback they do not matter any more.</summary>
    public void ForgetFailure()
    {
        lock (_gate)
        {
            _failure = null;
        }
    }

    /// <summary>Waits for the answer to a call.</summary>
    /// <exception cref="RemoteConnectionException">The connection broke before it came.</exception>
    /// <exception cref="BorgRepositoryException">It is an error.</exception>
    public RpcReply Wait(RpcCall call, CancellationToken cancellationToken)
    {
        try
        {
            WaitUntil(() => call.Reply is not null, cancellationToken);
        }
        catch
        {
            Abandon(call);
            throw;
        }

        RpcReply reply = Take(call);
        return reply.Error is { } error ? throw RemoteErrors.ToException(error, _location) : reply;
    }

    /// <summary>Gives up waiting for an answer.</summary>
    public void Abandon(RpcCall call)
    {
        lock (_gate)
        {
            call.IsAwaited = false;
            if (call.Reply is not null)
            {
                Take(call);
            }
        }
    }

    /// <summary>Breaks the connection at once, whatever waits for it, from any thread.</summary>
    public void Interrupt()
    {
        Break(new OperationCanceledException());
        _connection.Dispose();
    }

    /// <summary>Tells the server that this was all, waits for it to end, and passes on its last words.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isClosing)
            {
                return;
            }

            _isClosing = true;
            Monitor.PulseAll(_gate);
        }

        try
        {
            _connection.Requests.Dispose();
        }
        catch (IOException)
        {
            // It is gone already.
        }

        // A program that does not end although its input did is ended.
        _connection.WaitForEnd(s_patience);
        _messageThread.Join(s_patience);
        _messages.Deliver(_services);
        _connection.Dispose();
    }

    private RpcCall Begin(bool isAwaited)
    {
        _messages.Deliver(_services);
        lock (_gate)
        {
            _senders++;
            Monitor.PulseAll(_gate);
            while (_open.Count >= RpcProtocol.MostInFlight && _broken is null)
            {
                Monitor.Wait(_gate);
            }

            _senders--;

            if (_broken is { } broken)
            {
                throw broken;
            }

            RpcCall call = new(++_lastId, isAwaited);
            _open.Add(call.Id, call);
            return call;
        }
    }

    private void Transmit(RpcCall call, string? method, ReadOnlySpan<RpcArgument> arguments, ReadOnlySpan<byte> value, bool hasValue)
    {
        ChangeSenders(1);
        try
        {
            lock (_sending)
            {
                if (method is null)
                {
                    _writer.WriteNegotiation(call.Id);
                }
                else
                {
                    _writer.Write(call.Id, method, arguments, value, hasValue);
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            throw Break(error);
        }
        finally
        {
            ChangeSenders(-1);
        }
    }

    private void ChangeSenders(int by)
    {
        lock (_gate)
        {
            _senders += by;
            Monitor.PulseAll(_gate);
        }
    }

    private void WaitUntil(Func<bool> isDone, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static gate =>
            {
                lock (gate!)
                {
                    Monitor.PulseAll(gate);
                }
            },
            _gate);
        while (true)
        {
            lock (_gate)
            {
                while (!isDone() && !_messages.HasNews)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (_broken is { } broken)
                    {
                        throw broken;
                    }

                    Monitor.Wait(_gate);
                }

                if (!_messages.HasNews)
                {
                    return;
                }
            }

            _messages.Deliver(_services);
        }
    }

    private RpcReply Take(RpcCall call)
    {
        lock (_gate)
        {
            RpcReply reply = call.Reply!;
            call.Reply = null;
            _held -= reply.Length;
            Monitor.PulseAll(_gate);
            return reply;
        }
    }

    private void ThrowIfFailed()
    {
        lock (_gate)
        {
            if (_failure is { } failure)
            {
                throw RemoteErrors.ToException(failure, _location);
            }
        }
    }
}
