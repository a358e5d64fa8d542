using System.Buffers;
using System.Collections;
using BorgRepo.Core.Format;
using MessagePack;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>Frames as clients of different releases send them, and what is in those that come back.</summary>
internal static class Frame
{
    public static byte[] Negotiate(long id = 1) => Array(id, "negotiate", new Dictionary<string, object?> { ["client_version"] = new object[] { 1, 2, 4, -1 } });

    /// <summary>A request of borg 1.0: arguments by position.</summary>
    public static byte[] Array(long id, string method, params object?[] arguments) => Pack(new object[] { 1, id, method, arguments });

    /// <summary>A request since 1.1: arguments by name.</summary>
    public static byte[] Map(long id, string method, params (string Name, object? Value)[] arguments) => Pack(new Dictionary<string, object?>
    {
        ["i"] = id,
        ["m"] = method,
        ["a"] = arguments.ToDictionary(argument => argument.Name, argument => argument.Value),
    });

    public static byte[] Pack(object? value)
    {
        ArrayBufferWriter<byte> bytes = new();
        MessagePackWriter writer = new(bytes) { OldSpec = true };
        Write(ref writer, value);
        writer.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>All objects of a stream: strings as byte arrays, maps with their keys as text.</summary>
    public static List<object?> UnpackAll(ReadOnlyMemory<byte> bytes)
    {
        List<object?> values = [];
        MessagePackReader reader = new(bytes);
        while (!reader.End)
        {
            values.Add(Read(ref reader));
        }

        return values;
    }

    public static string Text(object? value) => System.Text.Encoding.UTF8.GetString((byte[])value!);

    private static void Write(ref MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNil();
                break;
            case bool flag:
                writer.Write(flag);
                break;
            case int or long:
                writer.Write(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case double number:
                writer.Write(number);
                break;
            case string text:
                writer.Write(text);
                break;
            case ObjectId id:
                writer.Write(id.ToArray());
                break;
            case byte[] bytes:
                writer.Write(bytes);
                break;
            case Dictionary<string, object?> map:
                writer.WriteMapHeader(map.Count);
                foreach ((string key, object? item) in map)
                {
                    writer.Write(key);
                    Write(ref writer, item);
                }

                break;
            case ICollection list:
                writer.WriteArrayHeader(list.Count);
                foreach (object? item in list)
                {
                    Write(ref writer, item);
                }

                break;
            default:
                throw new ArgumentException(value.GetType().Name);
        }
    }

    private static object? Read(ref MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Nil:
                reader.ReadNil();
                return null;
            case MessagePackType.Boolean:
                return reader.ReadBoolean();
            case MessagePackType.Integer:
                return reader.ReadInt64();
            case MessagePackType.String:
                return reader.ReadStringSequence()!.Value.ToArray();
            case MessagePackType.Array:
                object?[] items = new object?[reader.ReadArrayHeader()];
                for (int i = 0; i < items.Length; i++)
                {
                    items[i] = Read(ref reader);
                }

                return items;
            case MessagePackType.Map:
                Dictionary<string, object?> map = [];
                for (int left = reader.ReadMapHeader(); left > 0; left--)
                {
                    string key = Text(Read(ref reader));
                    map.Add(key, Read(ref reader));
                }

                return map;
            default:
                throw new InvalidDataException($"{reader.NextMessagePackType} must never be sent: real clients die of it.");
        }
    }
}
