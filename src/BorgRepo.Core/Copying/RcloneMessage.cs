using System.Text.Json;

namespace BorgRepo.Core.Copying;

/// <summary>Reads the lines that rclone logs as JSON.</summary>
internal static class RcloneMessage
{
    private const int MostErrors = 3;

    /// <summary>The errors in some lines, in a few words.</summary>
    public static string Summarize(IEnumerable<string> lines)
    {
        // The last ones sum up the others.
        string[] errors = [.. lines.Select(ErrorOf).OfType<string>().Distinct().TakeLast(MostErrors)];
        return errors.Length == 0 ? "it gave no reason." : string.Join("; ", errors);
    }

    /// <summary>The bytes transferred so far, if a line tells.</summary>
    public static long? BytesOf(string line)
    {
        using JsonDocument? document = TryParse(line);
        return document is not null && document.RootElement.TryGetProperty("stats", out JsonElement stats) && stats.TryGetProperty("bytes", out JsonElement bytes)
            ? bytes.GetInt64()
            : null;
    }

    private static string? ErrorOf(string line)
    {
        using JsonDocument? document = TryParse(line);
        if (document is null)
        {
            // Said before rclone knew how to log, as when it does not know an option.
            return line.Trim() is { Length: > 0 } text ? text : null;
        }

        JsonElement root = document.RootElement;
        bool isError = root.TryGetProperty("level", out JsonElement level) && level.GetString() is "error" or "critical" or "fatal";
        return isError && root.TryGetProperty("msg", out JsonElement message) ? message.GetString()?.Trim() : null;
    }

    private static JsonDocument? TryParse(string line)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
