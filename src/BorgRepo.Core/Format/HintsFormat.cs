using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using MessagePack;

namespace BorgRepo.Core.Format;

/// <summary>
/// Layout of a hints file: one msgpack map (docs/format.md, "Hints"). Version 1 of borg 1.0 has "segments" (segment to use
/// count) and "compact" (a list of segments); version 2 of borg 1.1 and later makes "compact" a map of segment to freeable
/// bytes and adds "storage_quota_use" and "shadow_index" (key to list of segments).
/// </summary>
public static class HintsFormat
{
    /// <summary>
    /// Numbers beyond this, either way, are taken for damage: no repository gets there, and sums of what is below cannot
    /// overflow.
    /// </summary>
    private const long MaxMagnitude = 1L << 60;

    private const int ShadowBlockSize = 64 * 1024;

    /// <summary>Reads a file of either version.</summary>
    /// <param name="content">All bytes of the file.</param>
    /// <param name="sink">Receives what it says.</param>
    /// <returns>Its version.</returns>
    /// <exception cref="InvalidDataException">It is not such a file, or of a version that is not known here.</exception>
    public static int Read(ReadOnlyMemory<byte> content, IHintsSink sink)
    {
        try
        {
            long version = FindVersion(content);
            if (version is not (1 or 2))
            {
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"its version {version} is unknown; versions 1 and 2 are understood"));
            }

            MessagePackReader reader = new(content);
            ReadMap(content, ref reader, (int)version, sink);
            return reader.End ? (int)version : throw new InvalidDataException("there are bytes behind its end");
        }
        catch (Exception error) when (RawMessagePack.IsFormatError(error))
        {
            throw new InvalidDataException($"it is not well-formed msgpack ({error.Message})", error);
        }
    }

    /// <summary>Writes a file of version 2, with all five fields.</summary>
    public static void WriteVersion2(IBufferWriter<byte> output, IHintsSource source)
    {
        scoped MessagePackWriter writer = new(output) { OldSpec = true };
        writer.WriteMapHeader(5);
        writer.WriteString("version"u8);
        writer.Write(2);
        writer.WriteString("segments"u8);
        WriteMap(ref writer, source.UseCounts);
        writer.WriteString("compact"u8);
        WriteMap(ref writer, source.Freeable);
        writer.WriteString("storage_quota_use"u8);
        writer.Write(source.QuotaUse);
        writer.WriteString("shadow_index"u8);
        writer.WriteMapHeader(source.SupersededPuts.Count);
        writer.Flush();
        WriteShadows(output, source.SupersededPuts);
    }

    /// <summary>Writes a file of version 1. Freeable bytes, quota use and superseded PUTs have no place in it.</summary>
    public static void WriteVersion1(IBufferWriter<byte> output, IHintsSource source)
    {
        // borg 1.1 takes each segment of "compact" out of "segments" if its file is gone, and fails if it is not in there.
        HashSet<uint> counted = [.. source.UseCounts.Select(pair => pair.Key)];
        List<uint> uncounted = [.. source.Freeable.Select(pair => pair.Key).Where(segment => !counted.Contains(segment))];

        MessagePackWriter writer = new(output) { OldSpec = true };
        writer.WriteMapHeader(3);
        writer.WriteString("version"u8);
        writer.Write(1);
        writer.WriteString("segments"u8);
        writer.WriteMapHeader(source.UseCounts.Count + uncounted.Count);
        WritePairs(ref writer, source.UseCounts);
        WritePairs(ref writer, uncounted.Select(segment => KeyValuePair.Create(segment, 0L)));
        writer.WriteString("compact"u8);
        writer.WriteArrayHeader(source.Freeable.Count);
        foreach ((uint segment, _) in source.Freeable)
        {
            writer.Write(segment);
        }

        writer.Flush();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteShadows(IBufferWriter<byte> output, IReadOnlyCollection<KeyValuePair<ObjectId, ShadowedPuts>> shadows)
    {
        // A block at a time: asking the output for each of a million entries would take longer than writing them.
        Span<byte> block = default;
        int filled = 0;
        foreach ((ObjectId id, ShadowedPuts list) in shadows)
        {
            if (list.Count > ShadowFormat.MostUsual)
            {
                output.Advance(filled);
                ShadowFormat.WriteLong(output, id, list);
                block = default;
                filled = 0;
                continue;
            }

            if (block.Length - filled < ShadowFormat.MostUsualSize)
            {
                output.Advance(filled);
                block = output.GetSpan(ShadowBlockSize);
                filled = 0;
            }

            filled += ShadowFormat.WriteUsual(block[filled..], id, list);
        }

        output.Advance(filled);
    }

    private static void WriteMap(ref MessagePackWriter writer, IReadOnlyCollection<KeyValuePair<uint, long>> pairs)
    {
        writer.WriteMapHeader(pairs.Count);
        WritePairs(ref writer, pairs);
    }

    private static void WritePairs(ref MessagePackWriter writer, IEnumerable<KeyValuePair<uint, long>> pairs)
    {
        foreach ((uint segment, long value) in pairs)
        {
            writer.Write(segment);
            writer.Write(value);
        }
    }

    /// <summary>Finds the version before anything else is taken in: it says what the other fields mean, but need not come first.</summary>
    private static long FindVersion(ReadOnlyMemory<byte> content)
    {
        MessagePackReader reader = new(content);
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            if (RawMessagePack.ReadRaw(ref reader).FirstSpan.SequenceEqual("version"u8))
            {
                return reader.ReadInt64();
            }

            RawMessagePack.Skip(ref reader);
        }

        throw new InvalidDataException("it has no version");
    }

    private static void ReadMap(ReadOnlyMemory<byte> content, ref MessagePackReader reader, int version, IHintsSink sink)
    {
        bool hasSegments = false;
        bool hasCompact = false;
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            ReadOnlySpan<byte> key = RawMessagePack.ReadRaw(ref reader).FirstSpan;
            if (key.SequenceEqual("segments"u8))
            {
                hasSegments = true;
                for (int pairs = reader.ReadMapHeader(); pairs > 0; pairs--)
                {
                    sink.SetUseCount(ReadSegment(ref reader), ReadNumber(ref reader));
                }
            }
            else if (key.SequenceEqual("compact"u8))
            {
                hasCompact = true;
                ReadCompact(ref reader, version, sink);
            }
            else if (version == 2 && key.SequenceEqual("storage_quota_use"u8))
            {
                sink.SetQuotaUse(ReadNumber(ref reader));
            }
            else if (version == 2 && key.SequenceEqual("shadow_index"u8))
            {
                ReadShadowIndex(content.Span, ref reader, sink);
            }
            else
            {
                RawMessagePack.Skip(ref reader);
            }
        }

        if (!hasSegments || !hasCompact)
        {
            throw new InvalidDataException($"it has no {(hasSegments ? "compact" : "segments")}");
        }
    }

    private static void ReadCompact(ref MessagePackReader reader, int version, IHintsSink sink)
    {
        if (version == 2)
        {
            for (int pairs = reader.ReadMapHeader(); pairs > 0; pairs--)
            {
                sink.SetFreeableBytes(ReadSegment(ref reader), ReadNumber(ref reader));
            }

            return;
        }

        // The reader refuses headers of more elements than there are bytes left, here as everywhere: memory is bounded by the file.
        uint[] segments = new uint[reader.ReadArrayHeader()];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = ReadSegment(ref reader);
        }

        sink.SetCompactable([.. segments.Distinct().Order()]);
    }

    private static void ReadShadowIndex(ReadOnlySpan<byte> content, ref MessagePackReader reader, IHintsSink sink)
    {
        uint[] segments = new uint[ShadowFormat.MostUsual];
        int left = reader.ReadMapHeader();
        sink.ExpectShadows(Math.Min(left, (content.Length - (int)reader.Consumed) / ShadowFormat.LeastUsualSize));
        while (left > 0)
        {
            int start = (int)reader.Consumed;
            left -= ReadUsualShadows(content[start..], left, segments, sink, out int length);
            reader.ReadRaw(length);
            if (left > 0)
            {
                ReadAnyShadow(ref reader, ref segments, sink);
                left--;
            }
        }
    }

    /// <summary>Reads entries as long as they have the usual form.</summary>
    /// <returns>How many they were.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ReadUsualShadows(ReadOnlySpan<byte> content, int most, uint[] segments, IHintsSink sink, out int length)
    {
        length = 0;
        for (int i = 0; i < most; i++)
        {
            int size = ShadowFormat.ReadUsual(content[length..], out ObjectId id, segments, out int count);
            if (size == 0)
            {
                return i;
            }

            sink.SetShadow(id, segments.AsSpan(0, count));
            length += size;
        }

        return most;
    }

    private static void ReadAnyShadow(ref MessagePackReader reader, ref uint[] segments, IHintsSink sink)
    {
        ReadOnlySpan<byte> key = RawMessagePack.ReadRaw(ref reader).FirstSpan;
        if (key.Length != ObjectId.Length)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"it has a key of {key.Length} bytes"));
        }

        int count = reader.ReadArrayHeader();
        if (count > segments.Length)
        {
            segments = new uint[count];
        }

        for (int i = 0; i < count; i++)
        {
            segments[i] = ReadSegment(ref reader);
        }

        sink.SetShadow(new ObjectId(key), segments.AsSpan(0, count));
    }

    private static uint ReadSegment(ref MessagePackReader reader)
    {
        long value = reader.ReadInt64();
        return value is >= 0 and <= uint.MaxValue
            ? (uint)value
            : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"it has {value} where a segment's number belongs"));
    }

    private static long ReadNumber(ref MessagePackReader reader)
    {
        long value = reader.ReadInt64();
        return value is >= -MaxMagnitude and <= MaxMagnitude
            ? value
            : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"its number {value} is beyond reason"));
    }
}
