using System.Buffers.Binary;
using System.Globalization;
using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Remote;

/// <summary>
/// Finds the end of a msgpack object whose bytes come in pieces. It goes over each byte once, however small the pieces are,
/// and never recurses: nesting is counted, not followed.
/// </summary>
internal struct FrameScanner
{
    private const byte FirstFixMap = 0x80;
    private const byte FirstFixArray = 0x90;
    private const byte FirstFixString = 0xa0;
    private const byte Nil = 0xc0;
    private const byte FirstNegative = 0xe0;

    private readonly FrameLimits _limits;
    private readonly int[] _left;
    private int _depth;
    private int _position;

    public FrameScanner(FrameLimits limits)
    {
        _limits = limits;
        _left = new int[limits.Depth + 1];
        Restart();
    }

    /// <summary>Begins with a new frame.</summary>
    public void Restart()
    {
        _depth = 0;
        _position = 0;
        _left[0] = 1;
    }

    /// <summary>Goes on over the bytes of a frame.</summary>
    /// <param name="bytes">All bytes of the frame that are there, from its first one on.</param>
    /// <param name="length">Length of the frame, if it is complete; else how many bytes are needed at least to go on.</param>
    /// <returns>True if the frame is complete.</returns>
    /// <exception cref="ProtocolException">It is beyond the limits, or no msgpack of the old kind.</exception>
    public bool TryFindEnd(ReadOnlySpan<byte> bytes, out int length)
    {
        while (_depth > 0 || _left[0] > 0)
        {
            if (_position >= bytes.Length)
            {
                // After a string the position may be far ahead: then all of it is needed before the next element is looked at.
                length = _position + 1;
                return false;
            }

            byte code = bytes[_position];
            int headerLength = HeaderLength(code);
            if (bytes.Length - _position < headerLength)
            {
                length = _position + headerLength;
                return false;
            }

            Pass(code, bytes.Slice(_position, headerLength));
        }

        length = _position;
        return bytes.Length >= _position;
    }

    // Bytes that say how long an element is or how many it holds; for a number all of its bytes.
    private static int HeaderLength(byte code) => code switch
    {
        < Nil or 0xc2 or 0xc3 or Nil or >= FirstNegative => 1,
        0xc4 or 0xcc or 0xd0 or 0xd9 => 2,
        0xc5 or 0xcd or 0xd1 or 0xda or 0xdc or 0xde => 3,
        0xc6 or 0xca or 0xce or 0xd2 or 0xdb or 0xdd or 0xdf => 5,
        0xcb or 0xcf or 0xd3 => 9,
        _ => throw new ProtocolException($"a byte 0x{code:x2} begins no element"),
    };

    private void Pass(byte code, ReadOnlySpan<byte> header)
    {
        _position += header.Length;
        _left[_depth]--;
        switch (code)
        {
            case >= FirstFixMap and < FirstFixArray:
                Enter(code & 0x0f, isMap: true);
                break;
            case >= FirstFixArray and < FirstFixString:
                Enter(code & 0x0f, isMap: false);
                break;
            case 0xdc or 0xdd:
                Enter(ReadCount(header), isMap: false);
                break;
            case 0xde or 0xdf:
                Enter(ReadCount(header), isMap: true);
                break;
            case >= FirstFixString and < Nil:
                PassString(code & 0x1f);
                break;
            case 0xc4 or 0xc5 or 0xc6 or 0xd9 or 0xda or 0xdb:
                PassString(ReadCount(header));
                break;
        }

        while (_depth > 0 && _left[_depth] == 0)
        {
            _depth--;
        }

        CheckLength(_position);
    }

    private static uint ReadCount(ReadOnlySpan<byte> header) => header.Length switch
    {
        2 => header[1],
        3 => BinaryPrimitives.ReadUInt16BigEndian(header[1..]),
        _ => BinaryPrimitives.ReadUInt32BigEndian(header[1..]),
    };

    private void Enter(long count, bool isMap)
    {
        int limit = isMap ? _limits.MapCount : _limits.ArrayCount;
        if (count > limit)
        {
            throw Beyond(isMap ? "a map" : "an array", count, limit, isMap ? "pairs" : "elements");
        }

        if (_depth == _limits.Depth)
        {
            throw new ProtocolException(string.Create(CultureInfo.InvariantCulture, $"more than {_limits.Depth} arrays and maps inside each other"));
        }

        _left[++_depth] = (int)count * (isMap ? 2 : 1);
    }

    private void PassString(long length)
    {
        if (length > _limits.StringLength)
        {
            throw Beyond("a string", length, _limits.StringLength, "bytes");
        }

        CheckLength(_position + length);
        _position += (int)length;
    }

    private readonly void CheckLength(long length)
    {
        if (length > _limits.FrameLength)
        {
            throw Beyond("a frame", length, _limits.FrameLength, "bytes");
        }
    }

    private static ProtocolException Beyond(string what, long count, int limit, string unit) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{what} of {count} {unit}, {limit} are allowed"));
}
