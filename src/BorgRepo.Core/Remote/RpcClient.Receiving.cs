using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Remote;

/// <content>The two threads that take in what the server sends.</content>
internal sealed partial class RpcClient
{
    private void ReadMessages()
    {
        try
        {
            _messages.ReadAll(_connection.Messages);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Closed from this side.
        }
    }

    private void ReadReplies()
    {
        try
        {
            FrameReader reader = new(_connection.Responses, FrameLimits.Responses);
            while (reader.TryRead(out ReadOnlyMemory<byte> frame))
            {
                Receive(RpcReply.Parse(frame));
            }

            // ssh tells on the other stream why it failed.
            _messageThread.Join(s_patience);
            Break(null);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or ProtocolException)
        {
            Break(error);
        }
    }

    private void Receive(RpcReply reply)
    {
        lock (_gate)
        {
            if (!_open.Remove(reply.Id, out RpcCall? call))
            {
                throw new ProtocolException("an answer to no call");
            }

            if (call.IsAwaited)
            {
                call.Reply = reply;
                _held += reply.Length;
            }
            else
            {
                _failure ??= reply.Error;
            }

            Monitor.PulseAll(_gate);
            while (_held > MostHeld && _senders == 0 && !_isClosing)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    private RemoteConnectionException Break(Exception? error)
    {
        string words = _messages.LastWords;
        string reason = error is ProtocolException ? error.Message : error is OperationCanceledException ? "interrupted." : "the connection to the server is closed." + (words.Length == 0 ? string.Empty : $" It said: {words}");
        lock (_gate)
        {
            _broken ??= new RemoteConnectionException(_location, reason, error);
            Monitor.PulseAll(_gate);
            return _broken;
        }
    }
}
