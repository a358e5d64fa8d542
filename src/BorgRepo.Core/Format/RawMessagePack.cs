using System.Buffers;
using MessagePack;

namespace BorgRepo.Core.Format;

/// <summary>
/// What the repository's msgpack files have in common: strings in the old "raw" form, which knows one kind for text and for
/// bytes. The newer kinds (str8, bin) are read but never written, since borg's packer of the time does not know them.
/// </summary>
internal static class RawMessagePack
{
    /// <summary>
    /// A reader's error for anything but what the format has at a place. The last one it gives for strings that claim more
    /// than 2 GiB: their length turns negative inside.
    /// </summary>
    public static bool IsFormatError(Exception error) =>
        error is MessagePackSerializationException or EndOfStreamException or OverflowException or ArgumentOutOfRangeException;

    /// <summary>Reads a string of any kind; valid as long as the bytes that the reader goes over.</summary>
    public static ReadOnlySequence<byte> ReadRaw(ref MessagePackReader reader)
    {
        ReadOnlySequence<byte>? raw = reader.NextMessagePackType switch
        {
            MessagePackType.String => reader.ReadStringSequence(),
            MessagePackType.Binary => reader.ReadBytes(),
            _ => throw new InvalidDataException($"it has {reader.NextMessagePackType} where a string belongs"),
        };
        return raw ?? throw new InvalidDataException("it has nil where a string belongs");
    }

    /// <summary>Passes over one value, however deep it is nested: a recursion would let a hostile file end the process.</summary>
    public static void Skip(ref MessagePackReader reader)
    {
        for (long left = 1; left > 0; left--)
        {
            switch (reader.NextMessagePackType)
            {
                case MessagePackType.Array:
                    left += reader.ReadArrayHeader();
                    break;
                case MessagePackType.Map:
                    left += 2L * reader.ReadMapHeader();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }
}
