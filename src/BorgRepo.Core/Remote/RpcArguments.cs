using System.Buffers;
using System.Globalization;
using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using MessagePack;

namespace BorgRepo.Core.Remote;

/// <summary>
/// The arguments of a request: a part of its frame, looked through for each that is asked for. Names that nobody asks for
/// are ignored, as clients of later releases expect.
/// </summary>
internal readonly struct RpcArguments
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly bool _isNamed;

    private RpcArguments(ReadOnlyMemory<byte> bytes, int count, bool isNamed)
    {
        _bytes = bytes;
        Count = count;
        _isNamed = isNamed;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Takes an array of arguments out of a frame.</summary>
    public static RpcArguments Positional(ReadOnlyMemory<byte> frame, ref MessagePackReader reader)
    {
        int count = reader.ReadArrayHeader();
        return new RpcArguments(frame[(int)reader.Consumed..], count, isNamed: false);
    }

    /// <summary>Takes a map of arguments out of a frame; the reader goes on behind it.</summary>
    public static RpcArguments Named(ReadOnlyMemory<byte> frame, ref MessagePackReader reader)
    {
        int count = reader.ReadMapHeader();
        int start = (int)reader.Consumed;
        for (int i = 0; i < 2 * count; i++)
        {
            RawMessagePack.Skip(ref reader);
        }

        return new RpcArguments(frame[start..(int)reader.Consumed], count, isNamed: true);
    }

    /// <summary>A flag. Numbers count as flags by being zero or not, nil as false.</summary>
    public bool GetFlag(string name, int position, bool missing) => GetFlagOrNil(name, position, missing) ?? false;

    /// <summary>A flag that may be nil, which means "not said".</summary>
    public bool? GetFlagOrNil(string name, int position, bool? missing)
    {
        if (!TryFind(name, position, out MessagePackReader reader))
        {
            return missing;
        }

        return reader.NextMessagePackType switch
        {
            MessagePackType.Nil => null,
            MessagePackType.Boolean => reader.ReadBoolean(),
            MessagePackType.Integer => ReadInteger(ref reader, name) != 0,
            _ => throw WrongType(name, "a flag"),
        };
    }

    /// <summary>A whole number or nil.</summary>
    public long? GetIntegerOrNil(string name, int position) =>
        !TryFind(name, position, out MessagePackReader reader) || reader.TryReadNil() ? null
        : reader.NextMessagePackType == MessagePackType.Integer ? ReadInteger(ref reader, name)
        : throw WrongType(name, "a whole number");

    /// <summary>A number or nil.</summary>
    public double? GetNumberOrNil(string name, int position)
    {
        if (!TryFind(name, position, out MessagePackReader reader) || reader.TryReadNil())
        {
            return null;
        }

        double number = reader.NextMessagePackType switch
        {
            MessagePackType.Integer => ReadInteger(ref reader, name),
            MessagePackType.Float => reader.ReadDouble(),
            _ => throw WrongType(name, "a number"),
        };
        return double.IsFinite(number) ? number : throw WrongType(name, "a finite number");
    }

    /// <summary>A number from 0 up that is used whole, such as a nonce; null for nil.</summary>
    public ulong? GetUnsignedOrNil(string name, int position)
    {
        if (!TryFind(name, position, out MessagePackReader reader) || reader.TryReadNil())
        {
            return null;
        }

        try
        {
            return reader.ReadUInt64();
        }
        catch (Exception error) when (RawMessagePack.IsFormatError(error))
        {
            throw WrongType(name, "a whole number from 0 up");
        }
    }

    /// <summary>An object id that must be there.</summary>
    public ObjectId GetId(string name, int position) => AsId(GetBytes(name, position), name);

    /// <summary>An object id, or nil.</summary>
    public ObjectId? GetIdOrNil(string name, int position) =>
        !TryFind(name, position, out MessagePackReader reader) || reader.TryReadNil() ? null : AsId(ReadBytes(ref reader, name), name);

    /// <summary>Bytes that must be there; a part of the frame.</summary>
    public ReadOnlySpan<byte> GetBytes(string name, int position) => TryFind(name, position, out MessagePackReader reader)
        ? ReadBytes(ref reader, name)
        : throw new RpcArgumentException("TypeError", $"missing argument: '{name}'");

    /// <summary>Text that must be there.</summary>
    public string GetText(string name, int position)
    {
        try
        {
            return s_strict.GetString(GetBytes(name, position));
        }
        catch (DecoderFallbackException)
        {
            throw new RpcArgumentException("ValueError", $"argument '{name}' is no UTF-8 text");
        }
    }

    /// <summary>True if an argument is there and is a map.</summary>
    public bool IsMap(string name, int position) =>
        TryFind(name, position, out MessagePackReader reader) && reader.NextMessagePackType == MessagePackType.Map;

    private static ObjectId AsId(ReadOnlySpan<byte> bytes, string name) => bytes.Length == ObjectId.Length
        ? new ObjectId(bytes)
        : throw new RpcArgumentException(
            "ValueError",
            string.Create(CultureInfo.InvariantCulture, $"argument '{name}' has {bytes.Length} bytes, an id has {ObjectId.Length}"));

    private static ReadOnlySpan<byte> ReadBytes(scoped ref MessagePackReader reader, string name) =>
        reader.NextMessagePackType is MessagePackType.String or MessagePackType.Binary
            ? RawMessagePack.ReadRaw(ref reader).FirstSpan
            : throw WrongType(name, "a string");

    private static long ReadInteger(ref MessagePackReader reader, string name)
    {
        try
        {
            return reader.ReadInt64();
        }
        catch (OverflowException)
        {
            throw WrongType(name, "a number of 64 bits with sign");
        }
    }

    private static RpcArgumentException WrongType(string name, string wanted) => new("TypeError", $"argument '{name}' is not {wanted}");

    private bool TryFind(string name, int position, out MessagePackReader reader)
    {
        reader = new MessagePackReader(_bytes);
        try
        {
            return _isNamed ? TryFindName(name, ref reader) : TryFindPosition(position, ref reader);
        }
        catch (Exception error) when (RawMessagePack.IsFormatError(error) || error is InvalidDataException)
        {
            throw new ProtocolException("arguments that are no msgpack", error);
        }
    }

    private bool TryFindName(string name, ref MessagePackReader reader)
    {
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySequence<byte> key = RawMessagePack.ReadRaw(ref reader);
            if (Ascii.Equals(key.FirstSpan, name))
            {
                return true;
            }

            RawMessagePack.Skip(ref reader);
        }

        return false;
    }

    private bool TryFindPosition(int position, ref MessagePackReader reader)
    {
        if (position < 0 || position >= Count)
        {
            return false;
        }

        for (int i = 0; i < position; i++)
        {
            RawMessagePack.Skip(ref reader);
        }

        return true;
    }
}
