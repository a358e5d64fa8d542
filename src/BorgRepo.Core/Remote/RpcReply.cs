using System.Buffers;
using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using MessagePack;

namespace BorgRepo.Core.Remote;

/// <summary>A server's answer to one call.</summary>
internal sealed class RpcReply
{
    private RpcReply(long id, ReadOnlyMemory<byte> result, bool isBytes)
    {
        Id = id;
        Result = result;
        IsBytes = isBytes;
    }

    /// <summary>Number of the call.</summary>
    public long Id { get; }

    /// <summary>The error; null for success.</summary>
    public RpcError? Error { get; private init; }

    /// <summary>Memory that it takes.</summary>
    public int Length => Result.Length;

    // Either the bytes themselves, or msgpack still to be read.
    private ReadOnlyMemory<byte> Result { get; }

    private bool IsBytes { get; }

    /// <summary>Reads an answer. Values are copied out of the frame once.</summary>
    /// <exception cref="ProtocolException">It is none.</exception>
    public static RpcReply Parse(ReadOnlyMemory<byte> frame)
    {
        try
        {
            MessagePackReader reader = new(frame);
            return reader.NextMessagePackType switch
            {
                MessagePackType.Array => ParseArray(frame, ref reader),
                MessagePackType.Map => ParseMap(frame, ref reader),
                _ => throw Unexpected(),
            };
        }
        catch (Exception error) when (RawMessagePack.IsFormatError(error) || error is InvalidDataException)
        {
            throw Unexpected(error);
        }
    }

    /// <summary>The result as bytes.</summary>
    public byte[] ToBytes() => IsBytes && System.Runtime.InteropServices.MemoryMarshal.TryGetArray(Result, out ArraySegment<byte> whole)
        ? whole.Array!
        : throw Unexpected();

    /// <summary>The result as text; nil is the empty one.</summary>
    public string ToText() => IsBytes ? Encoding.UTF8.GetString(Result.Span) : string.Empty;

    /// <summary>The result as an id.</summary>
    public ObjectId ToId() => IsBytes && Result.Length == ObjectId.Length ? new ObjectId(Result.Span) : throw Unexpected();

    /// <summary>The result as a flag.</summary>
    public bool ToFlag() => Read(static (ref MessagePackReader reader) => reader.ReadBoolean());

    /// <summary>The result as a number; null for nil.</summary>
    public ulong? ToNumber() => Read<ulong?>(static (ref MessagePackReader reader) => reader.TryReadNil() ? null : reader.ReadUInt64());

    /// <summary>The result as ids.</summary>
    public ObjectId[] ToIds() => Read(static (ref MessagePackReader reader) =>
    {
        ObjectId[] ids = new ObjectId[reader.ReadArrayHeader()];
        for (int i = 0; i < ids.Length; i++)
        {
            ReadOnlySequence<byte> id = RawMessagePack.ReadRaw(ref reader);
            ids[i] = id.Length == ObjectId.Length ? new ObjectId(id.FirstSpan) : throw Unexpected();
        }

        return ids;
    });

    /// <summary>True if a server answered the negotiation as those since 1.1 do.</summary>
    public bool IsMap() => !IsBytes && new MessagePackReader(Result).NextMessagePackType == MessagePackType.Map;

    private delegate T ValueReader<T>(ref MessagePackReader reader);

    private T Read<T>(ValueReader<T> read)
    {
        try
        {
            MessagePackReader reader = new(IsBytes ? throw Unexpected() : Result);
            return read(ref reader);
        }
        catch (Exception error) when (RawMessagePack.IsFormatError(error) || error is InvalidDataException)
        {
            throw Unexpected(error);
        }
    }

    private static RpcReply ParseArray(ReadOnlyMemory<byte> frame, ref MessagePackReader reader)
    {
        if (reader.ReadArrayHeader() != 4)
        {
            throw Unexpected();
        }

        reader.Skip();
        long id = reader.ReadInt64();
        return reader.TryReadNil()
            ? TakeResult(id, frame, ref reader)
            : new RpcReply(id, default, isBytes: false)
            {
                Error = new RpcError(ReadText(ref reader), [], ReadText(ref reader), RpcErrorKind.Plain),
            };
    }

    private static RpcReply ParseMap(ReadOnlyMemory<byte> frame, ref MessagePackReader reader)
    {
        long? id = null;
        RpcReply? reply = null;
        string? className = null;
        string[] arguments = [];
        string[] message = [];
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            switch (ReadText(ref reader))
            {
                case "i":
                    id = reader.ReadInt64();
                    break;
                case "r":
                    reply = TakeResult(0, frame, ref reader);
                    break;
                case "exception_class":
                    className = ReadText(ref reader);
                    break;
                case "exception_args":
                    arguments = ReadTexts(ref reader);
                    break;
                case "exception_short":
                    message = ReadTexts(ref reader);
                    break;
                default:
                    RawMessagePack.Skip(ref reader);
                    break;
            }
        }

        return id is { } number && (reply is not null || className is not null)
            ? new RpcReply(number, reply?.Result ?? default, reply?.IsBytes ?? false)
            {
                Error = className is null ? null : new RpcError(className, arguments, string.Concat(message).Trim(), RpcErrorKind.Plain),
            }
            : throw Unexpected();
    }

    private static RpcReply TakeResult(long id, ReadOnlyMemory<byte> frame, ref MessagePackReader reader)
    {
        if (reader.NextMessagePackType is MessagePackType.String or MessagePackType.Binary)
        {
            return new RpcReply(id, RawMessagePack.ReadRaw(ref reader).ToArray(), isBytes: true);
        }

        int start = (int)reader.Consumed;
        RawMessagePack.Skip(ref reader);
        return new RpcReply(id, frame[start..(int)reader.Consumed].ToArray(), isBytes: false);
    }

    private static string ReadText(ref MessagePackReader reader) => Encoding.UTF8.GetString(RawMessagePack.ReadRaw(ref reader));

    private static string[] ReadTexts(ref MessagePackReader reader)
    {
        string[] texts = new string[reader.ReadArrayHeader()];
        for (int i = 0; i < texts.Length; i++)
        {
            if (reader.NextMessagePackType is MessagePackType.String or MessagePackType.Binary)
            {
                texts[i] = ReadText(ref reader);
            }
            else
            {
                texts[i] = string.Empty;
                RawMessagePack.Skip(ref reader);
            }
        }

        return texts;
    }

    private static ProtocolException Unexpected(Exception? inner = null) => new("an answer that is none", inner);
}
