using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using MessagePack;

namespace BorgRepo.Core.Format;

/// <summary>
/// An entry of the shadow index of hints as nearly all are: a raw of 32 bytes (da 00 20), an array of at most 15 segments,
/// each in its shortest form. There is one for each superseded or deleted object, so that a repository that was much changed
/// has them by the million, and each commit writes them all: they are not worth a general reader's pace. Whatever looks
/// different is left to that.
/// </summary>
internal static class ShadowFormat
{
    /// <summary>Most segments of an entry of the usual form.</summary>
    public const int MostUsual = 15;

    /// <summary>Bytes of an entry of the usual form without segments.</summary>
    public const int LeastUsualSize = HeaderSize;

    /// <summary>Most bytes of an entry of the usual form.</summary>
    public const int MostUsualSize = HeaderSize + (MostUsual * MostIntegerSize);

    private const int PrefixSize = 3;
    private const int HeaderSize = PrefixSize + ObjectId.Length + 1;
    private const int MostIntegerSize = 5;
    private const byte ArrayCode = 0x90;

    private static ReadOnlySpan<byte> Prefix => [0xda, 0x00, ObjectId.Length];

    /// <summary>Writes an entry of the usual form.</summary>
    /// <param name="entry">Room for <see cref="MostUsualSize"/> bytes.</param>
    /// <param name="id">Its key.</param>
    /// <param name="list">At most <see cref="MostUsual"/> segments.</param>
    /// <returns>Bytes of the entry.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int WriteUsual(Span<byte> entry, in ObjectId id, in ShadowedPuts list)
    {
        Prefix.CopyTo(entry);
        id.CopyTo(entry[PrefixSize..]);
        entry[HeaderSize - 1] = (byte)(ArrayCode | list.Count);
        int at = HeaderSize;
        for (int i = 0; i < list.Count; i++)
        {
            at += WriteInteger(entry[at..], list[i]);
        }

        return at;
    }

    /// <summary>Writes an entry of any form.</summary>
    public static void WriteLong(IBufferWriter<byte> output, in ObjectId id, in ShadowedPuts list)
    {
        MessagePackWriter writer = new(output) { OldSpec = true };
        writer.WriteString(id.ToArray());
        writer.WriteArrayHeader(list.Count);
        for (int i = 0; i < list.Count; i++)
        {
            writer.Write(list[i]);
        }

        writer.Flush();
    }

    /// <summary>Reads an entry of the usual form.</summary>
    /// <param name="bytes">What is left of the file.</param>
    /// <param name="id">Its key.</param>
    /// <param name="segments">Room for <see cref="MostUsual"/> segments.</param>
    /// <param name="count">How many there are.</param>
    /// <returns>Bytes of the entry; 0 if it has another form, or is cut off.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int ReadUsual(ReadOnlySpan<byte> bytes, out ObjectId id, Span<uint> segments, out int count)
    {
        id = default;
        count = 0;
        if (bytes.Length < HeaderSize || !bytes.StartsWith(Prefix) || (bytes[HeaderSize - 1] & 0xf0) != ArrayCode)
        {
            return 0;
        }

        int expected = bytes[HeaderSize - 1] & 0x0f;
        int at = HeaderSize;
        for (int i = 0; i < expected; i++)
        {
            int size = ReadInteger(bytes[at..], out segments[i]);
            if (size == 0)
            {
                return 0;
            }

            at += size;
        }

        id = new ObjectId(bytes.Slice(PrefixSize, ObjectId.Length));
        count = expected;
        return at;
    }

    private static int WriteInteger(Span<byte> target, uint value)
    {
        switch (value)
        {
            case <= 0x7f:
                target[0] = (byte)value;
                return 1;
            case <= byte.MaxValue:
                target[0] = MessagePackCode.UInt8;
                target[1] = (byte)value;
                return 2;
            case <= ushort.MaxValue:
                target[0] = MessagePackCode.UInt16;
                BinaryPrimitives.WriteUInt16BigEndian(target[1..], (ushort)value);
                return 3;
            default:
                target[0] = MessagePackCode.UInt32;
                BinaryPrimitives.WriteUInt32BigEndian(target[1..], value);
                return 5;
        }
    }

    private static int ReadInteger(ReadOnlySpan<byte> bytes, out uint value)
    {
        value = 0;
        int size = bytes.IsEmpty ? 0 : bytes[0] switch
        {
            <= 0x7f => 1,
            MessagePackCode.UInt8 => 2,
            MessagePackCode.UInt16 => 3,
            MessagePackCode.UInt32 => 5,
            _ => 0,
        };
        if (size == 0 || bytes.Length < size)
        {
            return 0;
        }

        value = size switch
        {
            1 => bytes[0],
            2 => bytes[1],
            3 => BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]),
        };
        return size;
    }
}
