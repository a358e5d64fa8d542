using System.Buffers;
using System.Text;
using System.Text.Json;
using MessagePack;

namespace BorgRepo.Core.Format;

/// <summary>
/// Layout of an integrity file: a msgpack map of "version" 2, "hints" and "index", the last two raw strings with a JSON
/// text each that names the algorithm and the digests of the file's parts (docs/format.md, "Integrity").
/// </summary>
public static class IntegrityFormat
{
    /// <summary>The version that is written, and the only one that is understood.</summary>
    public const int Version = 2;

    /// <summary>Name of the part that is a whole file.</summary>
    public const string FinalPart = "final";

    /// <summary>Name of the part that is the header of an index.</summary>
    public const string HeaderPart = "HashHeader";

    /// <summary>Files beyond this are not looked into: a real one has a few hundred bytes.</summary>
    public const int MaxFileSize = 64 * 1024;

    /// <summary>Takes a file apart.</summary>
    /// <exception cref="InvalidDataException">It is no such file. What it should vouch for counts as not vouched for.</exception>
    public static IntegrityRecord Read(ReadOnlyMemory<byte> content)
    {
        try
        {
            MessagePackReader reader = new(content);
            IntegrityRecord record = ReadMap(ref reader);
            return reader.End ? record : throw new InvalidDataException("there are bytes behind its end");
        }
        catch (Exception error) when (RawMessagePack.IsFormatError(error))
        {
            throw new InvalidDataException($"it is not well-formed msgpack ({error.Message})", error);
        }
    }

    /// <summary>Reads the JSON text of one file.</summary>
    /// <returns>Null if it names an algorithm that is not known here; its name is then in <paramref name="algorithm"/>.</returns>
    /// <exception cref="InvalidDataException">It is not such a text. The file that it should vouch for counts as damaged.</exception>
    public static ExpectedDigests? ReadDigests(ReadOnlyMemory<byte> json, out string algorithm)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            algorithm = document.RootElement.GetProperty("algorithm").GetString() ?? throw new InvalidDataException("its algorithm is null");
            DigestAlgorithm? known = algorithm switch
            {
                "XXH64" => DigestAlgorithm.XxHash64,
                "SHA512" => DigestAlgorithm.Sha512,
                _ => null,
            };
            return known is { } value ? new ExpectedDigests(value, ReadParts(document.RootElement.GetProperty("digests"))) : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"its integrity data cannot be understood ({error.Message})", error);
        }
    }

    /// <summary>Writes a file for XXH64 digests.</summary>
    public static void Write(IBufferWriter<byte> output, string hintsFinal, string indexHeader, string indexFinal)
    {
        MessagePackWriter writer = new(output) { OldSpec = true };
        writer.WriteMapHeader(3);
        writer.WriteString("version"u8);
        writer.Write(Version);
        writer.WriteString("hints"u8);
        writer.WriteString(Json($"\"{FinalPart}\": \"{hintsFinal}\""));
        writer.WriteString("index"u8);
        writer.WriteString(Json($"\"{HeaderPart}\": \"{indexHeader}\", \"{FinalPart}\": \"{indexFinal}\""));
        writer.Flush();
    }

    private static IntegrityRecord ReadMap(ref MessagePackReader reader)
    {
        long? version = null;
        ReadOnlyMemory<byte>? hints = null;
        ReadOnlyMemory<byte>? index = null;
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            ReadOnlySpan<byte> key = RawMessagePack.ReadRaw(ref reader).FirstSpan;
            if (key.SequenceEqual("version"u8) && reader.NextMessagePackType == MessagePackType.Integer)
            {
                version = reader.ReadInt64();
            }
            else if (key.SequenceEqual("hints"u8))
            {
                hints = RawMessagePack.ReadRaw(ref reader).ToArray();
            }
            else if (key.SequenceEqual("index"u8))
            {
                index = RawMessagePack.ReadRaw(ref reader).ToArray();
            }
            else
            {
                RawMessagePack.Skip(ref reader);
            }
        }

        return new IntegrityRecord(version, hints, index);
    }

    private static Dictionary<string, string> ReadParts(JsonElement digests)
    {
        Dictionary<string, string> parts = new(StringComparer.Ordinal);
        foreach (JsonProperty part in digests.EnumerateObject())
        {
            // A digest that is no text equals none, as for borg; it must not hide that the other parts are fine.
            parts[part.Name] = part.Value.ValueKind == JsonValueKind.String ? part.Value.GetString()! : part.Value.GetRawText();
        }

        return parts.ContainsKey(FinalPart) ? parts : throw new InvalidDataException($"its integrity data has no digest of the part {FinalPart}");
    }

    /// <summary>The text as Python's json.dumps spaces it. Digests are hex digits: there is nothing to escape.</summary>
    private static byte[] Json(string digests) =>
        Encoding.ASCII.GetBytes($"{{\"algorithm\": \"XXH64\", \"digests\": {{{digests}}}}}");
}
