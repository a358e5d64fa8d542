using System.Text;
using System.Text.Json;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>
/// What a server, or ssh before it, has to say: lines of JSON, lines that begin with $LOG, and plain ones. They come on a
/// thread of their own and are kept until the thread that works with the repository asks for them.
/// </summary>
internal sealed class RemoteMessages
{
    private const int MostKept = 1000;
    private const int LongestLine = 64 * 1024;
    private const int LastLines = 5;
    private const string LogPrefix = "$LOG ";
    private const string RemotePrefix = "Remote: ";

    private readonly object _gate;
    private readonly Queue<RepositoryNotice> _notices = new();
    private readonly Queue<string> _plain = new();
    private OperationProgress? _progress;

    /// <summary>Makes it.</summary>
    /// <param name="gate">Pulsed when something comes.</param>
    public RemoteMessages(object gate) => _gate = gate;

    /// <summary>The last plain lines, joined: if a connection fails, they say why.</summary>
    public string LastWords
    {
        get
        {
            lock (_gate)
            {
                return string.Join(' ', _plain);
            }
        }
    }

    /// <summary>Reads to the end.</summary>
    public void ReadAll(Stream stream)
    {
        using StreamReader reader = new(stream, Encoding.UTF8);
        StringBuilder line = new();
        int letter;
        while ((letter = reader.Read()) >= 0)
        {
            // A carriage return ends the lines of a text progress.
            if (letter is '\n' or '\r')
            {
                Take(line.ToString());
                line.Clear();
            }
            else if (line.Length < LongestLine)
            {
                line.Append((char)letter);
            }
        }

        Take(line.ToString());
    }

    /// <summary>Passes on what came.</summary>
    public void Deliver(RepositoryServices services)
    {
        while (true)
        {
            RepositoryNotice notice;
            OperationProgress? progress;
            lock (_gate)
            {
                progress = _progress;
                _progress = null;
                if (!_notices.TryDequeue(out notice) && progress is null)
                {
                    return;
                }
            }

            if (notice.Message is not null)
            {
                services.Notices?.Invoke(notice);
            }

            if (progress is { } step)
            {
                services.Progress?.Invoke(step);
            }
        }
    }

    /// <summary>True if there is something to deliver. Called with the gate held.</summary>
    public bool HasNews => _notices.Count > 0 || _progress is not null;

    private void Take(string line)
    {
        if (line.Length == 0)
        {
            return;
        }

        if (line[0] == '{' && TryTakeJson(line))
        {
            return;
        }

        if (line.StartsWith(LogPrefix, StringComparison.Ordinal))
        {
            string[] parts = line.Split(' ', 3);
            string message = parts.Length < 3 ? string.Empty : parts[2];
            int start = message.IndexOf(RemotePrefix, StringComparison.Ordinal);
            Add(new RepositoryNotice(LevelOf(parts[1]), RemotePrefix + (start < 0 ? message : message[(start + RemotePrefix.Length)..])));
            return;
        }

        lock (_gate)
        {
            _plain.Enqueue(line);
            if (_plain.Count > LastLines)
            {
                _plain.Dequeue();
            }
        }

        Add(new RepositoryNotice(NoticeLevel.Warning, RemotePrefix + line));
    }

    private bool TryTakeJson(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            switch (Text(root, "type"))
            {
                case "log_message":
                    Add(new RepositoryNotice(LevelOf(Text(root, "levelname")), RemotePrefix + Text(root, "message")));
                    return true;
                case "progress_percent":
                    TakeProgress(root);
                    return true;
                case "progress_message":
                    return true;
                default:
                    return false;
            }
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void TakeProgress(JsonElement root)
    {
        if (Number(root, "current") is not { } current || Number(root, "total") is not { } total || total <= 0)
        {
            return;
        }

        lock (_gate)
        {
            // Only the newest counts.
            _progress = new OperationProgress(Text(root, "msgid") is { Length: > 0 } activity ? activity : "Remote operation", current, total, Text(root, "message"));
            Monitor.PulseAll(_gate);
        }
    }

    private void Add(RepositoryNotice notice)
    {
        lock (_gate)
        {
            if (_notices.Count < MostKept)
            {
                _notices.Enqueue(notice);
                Monitor.PulseAll(_gate);
            }
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : string.Empty;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)
            && number is >= 0 and < long.MaxValue
            ? (long)number
            : null;

    private static NoticeLevel LevelOf(string name) => name switch
    {
        "DEBUG" => NoticeLevel.Debug,
        "INFO" => NoticeLevel.Information,
        "ERROR" or "CRITICAL" => NoticeLevel.Error,
        _ => NoticeLevel.Warning,
    };
}
