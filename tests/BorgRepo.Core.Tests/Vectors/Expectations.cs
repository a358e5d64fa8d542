using System.Text.Json.Nodes;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>
/// The verdicts of real borg: those of 1.2.4, with the fields replaced that 1.4.5 gave differently, since 1.4.5 is
/// the reference where the two disagree.
/// </summary>
internal static class Expectations
{
    /// <summary>Stands where borg's verdict has no digest.</summary>
    public const string AnyDigest = "*";

    private static readonly Lazy<Dictionary<string, Expectation>> All = new(Load);

    public static IReadOnlyCollection<string> Names => All.Value.Keys;

    public static Expectation For(string name) => All.Value[name];

    private static Dictionary<string, Expectation> Load()
    {
        JsonObject reference = Read("expectations.json");
        JsonObject newer = Read("expectations-1.4.5.json");
        Dictionary<string, Expectation> result = [];
        foreach ((string name, JsonNode? node) in reference)
        {
            JsonObject fields = node!.AsObject();
            foreach ((string field, JsonNode? value) in newer[name]?.AsObject() ?? [])
            {
                fields[field] = value?.DeepClone();
            }

            result.Add(name, ToExpectation(name, fields));
        }

        return result;
    }

    private static JsonObject Read(string file)
    {
        using FileStream stream = File.OpenRead(Path.Combine(VectorRepository.Folder, file));
        return JsonNode.Parse(stream)!["fixtures"]!.AsObject();
    }

    private static Expectation ToExpectation(string name, JsonObject fields)
    {
        ExpectedState read = ToState(fields["read"]!.AsObject(), null);
        return new Expectation(
            name,
            fields["description"]!.GetValue<string>(),
            ToFiles(fields["files"]).ToDictionary(file => file.Key, file => file.Value!),
            read,
            ToFiles(fields["files_after_read"]),
            ToError(fields["write"]),
            ToFiles(fields["files_after_write"]),
            ToState(fields["after_write"]!.AsObject(), read),
            ToError(fields["check"]),
            fields["check"]!["result"]?.GetValue<bool>(),
            ToError(fields["repair"]),
            ToState(fields["after_repair"]!.AsObject(), read));
    }

    private static ExpectedState ToState(JsonObject state, ExpectedState? earlier)
    {
        JsonNode? objects = state["objects"];
        return new ExpectedState
        {
            Open = ToError(state["open"]),
            Reading = ToError(state["reading"]),
            TransactionId = state["transaction_id"]?.GetValue<uint>(),
            Count = state["count"]?.GetValue<int>() ?? 0,
            // A text stands for "as in read", so that the file does not hold everything twice.
            Objects = objects is JsonValue ? earlier?.Objects : ToObjects(objects),
            ObjectsDigest = state["objects_sha256"]?.GetValue<string>(),
            ScanCount = state["scan_count"]?.GetValue<int>() ?? 0,
            ScanDigest = state["scan_sha256"]?.GetValue<string>(),
            Log = [.. (state["log"]?.AsArray() ?? []).Select(line => line!.GetValue<string>())],
        };
    }

    private static Dictionary<string, ExpectedObject>? ToObjects(JsonNode? objects)
    {
        return objects?.AsObject().ToDictionary(
            item => item.Key,
            item => item.Value is JsonArray pair
                ? new ExpectedObject(pair[0]!.GetValue<long>(), pair[1]!.GetValue<string>(), null)
                : new ExpectedObject(0, null, ToError(item.Value)));
    }

    private static ExpectedError? ToError(JsonNode? node) => node?["exception"] is { } name
        ? new ExpectedError(name.GetValue<string>(), node["message"]!.GetValue<string>())
        : null;

    /// <summary>A file without a digest (times or identities are in it) is described by its length alone.</summary>
    private static Dictionary<string, string?> ToFiles(JsonNode? files)
    {
        return (files?.AsObject() ?? []).ToDictionary(
            file => file.Key,
            file => file.Value is JsonArray pair
                ? FileTree.DescribeContent(pair[0]!.GetValue<long>(), pair[1]?.GetValue<string>() ?? AnyDigest)
                : null);
    }
}
