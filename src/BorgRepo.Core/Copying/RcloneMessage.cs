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
        return document is not null
            && document.RootElement.TryGetProperty("stats", out JsonElement stats) && stats.ValueKind == JsonValueKind.Object
            && stats.TryGetProperty("bytes", out JsonElement bytes) && bytes.ValueKind == JsonValueKind.Number && bytes.TryGetInt64(out long count)
            ? count
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
        return TextOf(root, "level") is "error" or "critical" or "fatal" ? TextOf(root, "msg")?.Trim() : null;
    }

    private static string? TextOf(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static JsonDocument? TryParse(string line)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object && IsText(document.RootElement))
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

    // Half of a surrogate pair is well-formed JSON, but whoever looks for a name or a text near it gets an exception.
    private static bool IsText(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.String => element.GetString() is not null,
                JsonValueKind.Array => element.EnumerateArray().All(IsText),
                JsonValueKind.Object => element.EnumerateObject().All(member => member.Name.Length >= 0 && IsText(member.Value)),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
