using System.Buffers;
using BorgRepo.Core.Format;
using MessagePack;

namespace BorgRepo.Core.Tests.Format;

/// <summary>Bytes of hints files, right and wrong ones.</summary>
internal static class HintsContent
{
    public delegate void Pack(ref MessagePackWriter writer);

    /// <summary>hints.1 of the example repository: 109 bytes.</summary>
    public static byte[] Example =>
    [
        .. Convert.FromHexString(
            "85a776657273696f6e02a87365676d656e74738200010100a7636f6d706163748200ccaa0109b173746f726167655f71756f74615f757365"
            + "cc85ac736861646f775f696e64657881da0020"),
        .. "00000000000000000000000000000001"u8, 0x91, 0x00,
    ];

    /// <summary>The example of version 1.</summary>
    public static byte[] ExampleVersion1 => Convert.FromHexString("83a776657273696f6e01a87365676d656e7473810202a7636f6d706163749102");

    public static byte[] Packed(Pack pack)
    {
        ArrayBufferWriter<byte> bytes = new();
        MessagePackWriter writer = new(bytes);
        pack(ref writer);
        writer.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    public static byte[] Written(Action<IBufferWriter<byte>, IHintsSource> write, IHintsSource source)
    {
        ArrayBufferWriter<byte> bytes = new();
        write(bytes, source);
        return bytes.WrittenSpan.ToArray();
    }
}
