using System.Text.Json;

namespace BorgRepo.Core.Copying;

/// <summary>What a kind of storage can do, as rclone tells.</summary>
/// <param name="HasHashes">It can hash its files, so that they need not be read back to be verified.</param>
/// <param name="IsBucket">It stores objects: one takes its name when all of it has arrived.</param>
/// <param name="CanMove">It can rename a file.</param>
internal readonly record struct RemoteTraits(bool HasHashes, bool IsBucket, bool CanMove)
{
    /// <summary>
    /// True if files are sent to another folder first and moved to their place when they are verified. Where a file would
    /// show before all of it has arrived, that is what keeps half a file from its place.
    /// </summary>
    public bool IsStaged => CanMove && !IsBucket;

    /// <summary>Reads the answer of <c>rclone backend features</c>.</summary>
    public static RemoteTraits Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        JsonElement features = root.GetProperty("Features");
        return new RemoteTraits(
            root.TryGetProperty("Hashes", out JsonElement hashes) && hashes.ValueKind == JsonValueKind.Array && hashes.GetArrayLength() > 0,
            Has(features, "BucketBased"),
            Has(features, "Move"));
    }

    private static bool Has(JsonElement features, string name) =>
        features.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
