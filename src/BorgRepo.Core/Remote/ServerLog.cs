using System.Buffers;
using System.Text;
using System.Text.Json;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>
/// Messages for the person at the client, on the stream beside the answers: JSON lines once the client has shown that it
/// reads them, before that lines with a prefix that all clients know.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ServerLog(Stream stream, TimeProvider time, NoticeLevel? least)
{
    private readonly Lock _gate = new();
    private bool _isBroken;

    /// <summary>True after a client has introduced itself as one that reads JSON.</summary>
    public bool UseJson { get; set; }

    /// <summary>Sends a message, if its level is one to be sent.</summary>
    public void Write(RepositoryNotice notice)
    {
        if (least is not { } level || notice.Level < level)
        {
            return;
        }

        if (UseJson)
        {
            WriteJson(json =>
            {
                json.WriteString("type", "log_message");
                json.WriteString("message", notice.Message);
                json.WriteString("levelname", LevelName(notice.Level));
                json.WriteString("name", "borg.repository");
            });
        }
        else
        {
            string message = notice.Message.ReplaceLineEndings(" ");
            Send(Encoding.UTF8.GetBytes($"$LOG {LevelName(notice.Level)} borg.repository Remote: {message}\n"));
        }
    }

    /// <summary>Sends one JSON object on a line of its own.</summary>
    public void WriteJson(Action<Utf8JsonWriter> content)
    {
        ArrayBufferWriter<byte> line = new();
        using (Utf8JsonWriter json = new(line))
        {
            json.WriteStartObject();
            content(json);
            json.WriteNumber("time", (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        Send(line.WrittenSpan);
    }

    private static string LevelName(NoticeLevel level) => level switch
    {
        NoticeLevel.Debug => "DEBUG",
        NoticeLevel.Information => "INFO",
        NoticeLevel.Warning => "WARNING",
        _ => "ERROR",
    };

    private void Send(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (_isBroken)
            {
                return;
            }

            try
            {
                stream.Write(line);
            }
            catch (IOException)
            {
                // Nobody listens any more. Whether the session goes on is for the answers to find out.
                _isBroken = true;
            }
        }
    }
}
