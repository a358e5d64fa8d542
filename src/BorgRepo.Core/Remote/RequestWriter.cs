using System.Buffers;
using MessagePack;

namespace BorgRepo.Core.Remote;

/// <summary>Writes calls to a server. A large value goes straight into the stream.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class RequestWriter(Stream stream)
{
    private const int CopiedLength = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _frame = new(CopiedLength);

    /// <summary>True for servers of borg 1.0: arguments by position. So is the first call to every server.</summary>
    public bool IsPositional { get; set; } = true;

    /// <summary>Writes a call.</summary>
    /// <param name="id">Number of the message.</param>
    /// <param name="method">The method.</param>
    /// <param name="arguments">Its arguments, in their order.</param>
    /// <param name="value">The value of the argument <c>data</c>, which comes last.</param>
    /// <param name="hasValue">True if the method has that argument; its value may be empty.</param>
    public void Write(long id, string method, ReadOnlySpan<RpcArgument> arguments, ReadOnlySpan<byte> value, bool hasValue)
    {
        _frame.ResetWrittenCount();
        MessagePackWriter writer = new(_frame) { OldSpec = true };
        if (IsPositional)
        {
            WritePositional(ref writer, id, method, arguments, hasValue);
        }
        else
        {
            WriteNamed(ref writer, id, method, arguments, hasValue);
        }

        if (hasValue)
        {
            writer.WriteStringHeader(value.Length);
            if (value.Length <= CopiedLength)
            {
                writer.WriteRaw(value);
            }
        }

        writer.Flush();
        stream.Write(_frame.WrittenSpan);
        if (value.Length > CopiedLength)
        {
            stream.Write(value);
        }

        stream.Flush();
    }

    /// <summary>Introduces this client, in the one form that all servers read.</summary>
    public void WriteNegotiation(long id)
    {
        _frame.ResetWrittenCount();
        MessagePackWriter writer = new(_frame) { OldSpec = true };
        WriteHead(ref writer, id, "negotiate", 1);
        writer.WriteMapHeader(1);
        writer.Write("client_version");
        writer.WriteArrayHeader(RpcProtocol.ClientVersion.Length);
        foreach (int part in RpcProtocol.ClientVersion)
        {
            writer.Write(part);
        }

        writer.Flush();
        stream.Write(_frame.WrittenSpan);
        stream.Flush();
    }

    private static void WriteHead(ref MessagePackWriter writer, long id, string method, int argumentCount)
    {
        writer.WriteArrayHeader(4);
        writer.Write(1);
        writer.Write(id);
        writer.Write(method);
        writer.WriteArrayHeader(argumentCount);
    }

    private static void WritePositional(ref MessagePackWriter writer, long id, string method, ReadOnlySpan<RpcArgument> arguments, bool hasValue)
    {
        int count = hasValue ? 1 : 0;
        foreach (RpcArgument argument in arguments)
        {
            count += argument.Since10 ? 1 : 0;
        }

        WriteHead(ref writer, id, method, count);
        foreach (RpcArgument argument in arguments)
        {
            if (argument.Since10)
            {
                argument.WriteValue(ref writer);
            }
        }
    }

    private static void WriteNamed(ref MessagePackWriter writer, long id, string method, ReadOnlySpan<RpcArgument> arguments, bool hasValue)
    {
        writer.WriteMapHeader(3);
        writer.Write("i");
        writer.Write(id);
        writer.Write("m");
        writer.Write(method);
        writer.Write("a");
        writer.WriteMapHeader(arguments.Length + (hasValue ? 1 : 0));
        foreach (RpcArgument argument in arguments)
        {
            writer.Write(argument.Name);
            argument.WriteValue(ref writer);
        }

        if (hasValue)
        {
            writer.Write("data");
        }
    }
}
