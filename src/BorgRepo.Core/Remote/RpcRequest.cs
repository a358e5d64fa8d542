using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using MessagePack;

namespace BorgRepo.Core.Remote;

/// <summary>
/// A request as a server sees it. Clients of borg 1.0, and the first request of all others, use an array with positional
/// arguments; the others a map with named ones. The answer has the form of the request.
/// </summary>
internal readonly struct RpcRequest
{
    private const int ArrayLength = 4;

    private RpcRequest(bool isPositional, ReadOnlyMemory<byte> id, ReadOnlyMemory<byte> name, RpcArguments arguments)
    {
        IsPositional = isPositional;
        Id = id;
        Name = name;
        Method = FindMethod(name.Span);
        Arguments = arguments;
    }

    /// <summary>True if it came as an array.</summary>
    public bool IsPositional { get; }

    /// <summary>The number of the message as it came, to be sent back.</summary>
    public ReadOnlyMemory<byte> Id { get; }

    /// <summary>Which method is called.</summary>
    public RpcMethod Method { get; }

    /// <summary>Its arguments.</summary>
    public RpcArguments Arguments { get; }

    /// <summary>The name of the method.</summary>
    public string MethodName => Encoding.UTF8.GetString(Name.Span);

    private ReadOnlyMemory<byte> Name { get; }

    /// <summary>Takes a frame apart, without copying.</summary>
    /// <exception cref="ProtocolException">It is no request.</exception>
    public static RpcRequest Parse(ReadOnlyMemory<byte> frame)
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

    private static RpcRequest ParseArray(ReadOnlyMemory<byte> frame, ref MessagePackReader reader)
    {
        if (reader.ReadArrayHeader() != ArrayLength)
        {
            throw Unexpected();
        }

        reader.Skip();
        ReadOnlyMemory<byte> id = TakeNumber(frame, ref reader);
        ReadOnlyMemory<byte> name = TakeString(ref reader);
        return new RpcRequest(true, id, name, RpcArguments.Positional(frame, ref reader));
    }

    private static RpcRequest ParseMap(ReadOnlyMemory<byte> frame, ref MessagePackReader reader)
    {
        ReadOnlyMemory<byte>? id = null;
        ReadOnlyMemory<byte>? name = null;
        RpcArguments? arguments = null;
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            switch (TakeString(ref reader).Span)
            {
                case [(byte)'i']:
                    id = TakeNumber(frame, ref reader);
                    break;
                case [(byte)'m']:
                    name = TakeString(ref reader);
                    break;
                case [(byte)'a']:
                    arguments = RpcArguments.Named(frame, ref reader);
                    break;
                default:
                    RawMessagePack.Skip(ref reader);
                    break;
            }
        }

        return id is not null && name is not null && arguments is not null
            ? new RpcRequest(false, id.Value, name.Value, arguments.Value)
            : throw Unexpected();
    }

    private static ReadOnlyMemory<byte> TakeNumber(ReadOnlyMemory<byte> frame, ref MessagePackReader reader)
    {
        int start = (int)reader.Consumed;
        if (reader.NextMessagePackType != MessagePackType.Integer)
        {
            throw Unexpected();
        }

        reader.Skip();
        return frame[start..(int)reader.Consumed];
    }

    private static ReadOnlyMemory<byte> TakeString(ref MessagePackReader reader) => RawMessagePack.ReadRaw(ref reader).First;

    private static ProtocolException Unexpected(Exception? inner = null) => new("a frame that is no request", inner);

    private static RpcMethod FindMethod(ReadOnlySpan<byte> name)
    {
        // The two that come by the million first.
        if (name.SequenceEqual("put"u8))
        {
            return RpcMethod.Put;
        }

        if (name.SequenceEqual("get"u8))
        {
            return RpcMethod.Get;
        }

        return Encoding.UTF8.GetString(name) switch
        {
            "negotiate" => RpcMethod.Negotiate,
            "open" => RpcMethod.Open,
            "check" => RpcMethod.Check,
            "commit" => RpcMethod.Commit,
            "rollback" => RpcMethod.Rollback,
            "destroy" => RpcMethod.Destroy,
            "__len__" => RpcMethod.Count,
            "list" => RpcMethod.List,
            "scan" => RpcMethod.Scan,
            "delete" => RpcMethod.Delete,
            "save_key" => RpcMethod.SaveKey,
            "load_key" => RpcMethod.LoadKey,
            "break_lock" => RpcMethod.BreakLock,
            "get_free_nonce" => RpcMethod.GetFreeNonce,
            "commit_nonce_reservation" => RpcMethod.CommitNonceReservation,
            "inject_exception" => RpcMethod.InjectException,
            _ => RpcMethod.Unknown,
        };
    }
}
