using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Remote;

/// <summary>Cuts a stream of msgpack objects into frames, wherever the pieces that arrive begin and end.</summary>
/// <remarks>Not thread-safe. A frame is a part of the one buffer; a value in it is not copied again.</remarks>
internal sealed class FrameReader
{
    private const int LeastLength = 64 * 1024;

    private readonly Stream _stream;
    private FrameScanner _scanner;
    private byte[] _buffer = new byte[LeastLength];
    private int _start;
    private int _end;
    private int _frameLength;

    public FrameReader(Stream stream, FrameLimits limits)
    {
        _stream = stream;
        _scanner = new FrameScanner(limits);
    }

    /// <summary>True if the next frame is in memory already, so that reading it cannot block.</summary>
    /// <exception cref="ProtocolException">What is there cannot be a frame.</exception>
    public bool HasNext
    {
        get
        {
            Release();
            return _scanner.TryFindEnd(_buffer.AsSpan(_start, _end - _start), out _);
        }
    }

    /// <summary>Reads the next frame, which is valid until the next call.</summary>
    /// <returns>False at the end of the stream. A frame that it cuts off is no frame.</returns>
    /// <exception cref="ProtocolException">What comes cannot be a frame.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> frame)
    {
        Release();
        int length;
        while (!_scanner.TryFindEnd(_buffer.AsSpan(_start, _end - _start), out length))
        {
            MakeRoom(length);
            int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
            {
                frame = default;
                return false;
            }

            _end += read;
        }

        _frameLength = length;
        frame = _buffer.AsMemory(_start, length);
        return true;
    }

    private void Release()
    {
        if (_frameLength > 0)
        {
            _start += _frameLength;
            _frameLength = 0;
            _scanner.Restart();
        }
    }

    // The buffer grows with what really came, not with what a length field promises.
    private void MakeRoom(int needed)
    {
        int present = _end - _start;
        int target = Math.Max(LeastLength, (int)Math.Min(needed, 2L * present));
        if (_buffer.Length - _start >= target && _end < _buffer.Length)
        {
            return;
        }

        byte[] destination = target <= _buffer.Length
            ? _buffer
            : GC.AllocateUninitializedArray<byte>((int)Math.Max(target, Math.Min(needed + LeastLength, 2L * _buffer.Length)));
        _buffer.AsSpan(_start, present).CopyTo(destination);
        _buffer = destination;
        _start = 0;
        _end = present;
    }
}
