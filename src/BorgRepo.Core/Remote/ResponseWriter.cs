using System.Buffers;
using System.Runtime.InteropServices;
using BorgRepo.Core.Format;
using MessagePack;

namespace BorgRepo.Core.Remote;

/// <summary>
/// Writes answers: strings in the old raw form only, in the form of the request. Small answers are gathered until the caller
/// has nothing else to do; a large value goes from its buffer straight into the stream.
/// </summary>
internal sealed class ResponseWriter(Stream stream)
{
    private const int GatheredLength = 64 * 1024;
    private const int CopiedLength = 16 * 1024;

    private static readonly string s_systemInfo =
        $"Server: BorgRepo {typeof(ResponseWriter).Assembly.GetName().Version?.ToString(3)}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}";

    private readonly ArrayBufferWriter<byte> _gathered = new(2 * GatheredLength);

    /// <summary>Sends what was gathered.</summary>
    public void Flush()
    {
        if (_gathered.WrittenCount > 0)
        {
            stream.Write(_gathered.WrittenSpan);
            _gathered.ResetWrittenCount();
        }
    }

    /// <summary>Answers with a result.</summary>
    public void Write(in RpcRequest request, in RpcResult result)
    {
        MessagePackWriter writer = BeginResult(request);
        switch (result.Kind)
        {
            case RpcResultKind.Flag:
                writer.Write(result.Number != 0);
                break;
            case RpcResultKind.Number:
                writer.Write(result.Number);
                break;
            case RpcResultKind.Bytes:
                WriteBytes(ref writer, result.Bytes.Span);
                return;
            case RpcResultKind.Ids:
                WriteIds(ref writer, result.Ids!);
                break;
            case RpcResultKind.ServerVersion:
                WriteServerVersion(ref writer);
                break;
            default:
                writer.WriteNil();
                break;
        }

        End(ref writer);
    }

    /// <summary>Answers with an error.</summary>
    /// <param name="request">What failed.</param>
    /// <param name="error">What the client is told.</param>
    /// <param name="trace">Where it happened.</param>
    public void WriteError(in RpcRequest request, RpcError error, string trace)
    {
        MessagePackWriter writer = new(_gathered) { OldSpec = true };
        if (request.IsPositional)
        {
            writer.WriteArrayHeader(4);
            writer.Write(1);
            writer.WriteRaw(request.Id.Span);
            writer.Write(error.ClassName);
            writer.Write($"Remote Exception: {error.Message}");
        }
        else
        {
            // All seven, always: clients take each for granted.
            writer.WriteMapHeader(7);
            writer.Write("i");
            writer.WriteRaw(request.Id.Span);
            writer.Write("exception_class");
            writer.Write(error.ClassName);
            WriteTexts(ref writer, "exception_args", error.Arguments);
            WriteTexts(ref writer, "exception_full", trace.Split('\n'));
            WriteTexts(ref writer, "exception_short", [error.ShortText]);
            writer.Write("exception_trace");
            writer.Write(error.ShowTrace);
            writer.Write("sysinfo");
            writer.Write(s_systemInfo);
        }

        End(ref writer);
    }

    private static void WriteTexts(ref MessagePackWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.Write(name);
        writer.WriteArrayHeader(texts.Count);
        foreach (string text in texts)
        {
            writer.Write(text);
        }
    }

    private static void WriteIds(ref MessagePackWriter writer, List<ObjectId> ids)
    {
        writer.WriteArrayHeader(ids.Count);
        foreach (ObjectId id in ids)
        {
            writer.WriteStringHeader(ObjectId.Length);
            id.CopyTo(writer.GetSpan(ObjectId.Length));
            writer.Advance(ObjectId.Length);
        }
    }

    private static void WriteServerVersion(ref MessagePackWriter writer)
    {
        writer.WriteMapHeader(1);
        writer.Write("server_version");
        writer.WriteArrayHeader(RpcProtocol.ServerVersion.Length);
        foreach (int part in RpcProtocol.ServerVersion)
        {
            writer.Write(part);
        }
    }

    private MessagePackWriter BeginResult(in RpcRequest request)
    {
        MessagePackWriter writer = new(_gathered) { OldSpec = true };
        if (request.IsPositional)
        {
            writer.WriteArrayHeader(4);
            writer.Write(1);
            writer.WriteRaw(request.Id.Span);
            writer.WriteNil();
        }
        else
        {
            writer.WriteMapHeader(2);
            writer.Write("i");
            writer.WriteRaw(request.Id.Span);
            writer.Write("r");
        }

        return writer;
    }

    private void WriteBytes(ref MessagePackWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.WriteStringHeader(bytes.Length);
        if (bytes.Length <= CopiedLength)
        {
            writer.WriteRaw(bytes);
            End(ref writer);
        }
        else
        {
            writer.Flush();
            Flush();
            stream.Write(bytes);
        }
    }

    private void End(ref MessagePackWriter writer)
    {
        writer.Flush();
        if (_gathered.WrittenCount >= GatheredLength)
        {
            Flush();
        }
    }
}
