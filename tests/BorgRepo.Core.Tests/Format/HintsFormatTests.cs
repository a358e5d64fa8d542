using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Tests.Index;
using MessagePack;
using Xunit;

namespace BorgRepo.Core.Tests.Format;

public sealed class HintsFormatTests(ITestOutputHelper output)
{
    [Fact]
    public void The_example_of_version_2_is_read()
    {
        SegmentUsage usage = Read(HintsContent.Example, version: 2);
        Assert.Equal([new(0, 1), new(1, 0)], usage.UseCounts);
        Assert.Equal([new(0, 170), new(1, 9)], usage.Freeable);
        Assert.Equal(133, usage.QuotaUse);
        Assert.True(usage.TryGetShadow(Ids.Ascii('1'), out ShadowedPuts list));
        Assert.Equal([0u], list.ToArray());
        Assert.Empty(usage.SegmentsToMeasure);
    }

    [Fact]
    public void The_example_of_version_2_is_written_byte_for_byte()
    {
        SegmentUsage usage = new() { QuotaUse = 133 };
        usage.AddUse(0);
        usage.Track(1);
        usage.SetFreeable(0, 170);
        usage.SetFreeable(1, 9);
        usage.AddShadow(Ids.Ascii('1'), 0);
        byte[] written = HintsContent.Written(HintsFormat.WriteVersion2, usage);
        Assert.Equal(109, written.Length);
        Assert.Equal(HintsContent.Example, written);
    }

    [Fact]
    public void The_example_of_version_1_is_read_and_its_segments_are_to_be_measured()
    {
        SegmentUsage usage = Read(HintsContent.ExampleVersion1, version: 1);
        Assert.Equal([new(2, 2)], usage.UseCounts);
        Assert.Equal([2u], usage.SegmentsToMeasure);
        Assert.Equal([new(2, 0)], usage.Freeable);
        Assert.Equal(0, usage.QuotaUse);
        Assert.Empty(usage.SupersededPuts);
    }

    [Fact]
    public void The_example_of_version_1_is_written_byte_for_byte()
    {
        SegmentUsage usage = new() { QuotaUse = 77 };
        usage.AddUse(2);
        usage.AddUse(2);
        usage.SetFreeable(2, 41);
        usage.AddShadow(Ids.Ascii('1'), 0);
        Assert.Equal(HintsContent.ExampleVersion1, HintsContent.Written(HintsFormat.WriteVersion1, usage));
    }

    [Fact]
    public void Version_1_lists_no_segment_to_compact_that_is_not_counted()
    {
        SegmentUsage usage = new();
        usage.AddUse(1);
        usage.SetFreeable(7, 41);
        usage.SetFreeable(1, 41);
        SegmentUsage read = Read(HintsContent.Written(HintsFormat.WriteVersion1, usage), version: 1);
        Assert.Equal([new(1, 1), new(7, 0)], read.UseCounts);
        Assert.Equal([1u, 7u], read.SegmentsToMeasure);
    }

    [Fact]
    public void Keys_are_written_in_the_old_raw_form_only()
    {
        SegmentUsage usage = new();
        ObjectId id = Ids.Ascii('7');
        usage.AddShadow(id, 1);
        byte[] written = HintsContent.Written(HintsFormat.WriteVersion2, usage);
        Assert.Equal([0xda, 0x00, 0x20, .. id.ToArray(), 0x91, 0x01], written[^37..]);
    }

    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7f")]
    [InlineData(128, "cc80")]
    [InlineData(65536, "ce00010000")]
    [InlineData(1L << 32, "cf0000000100000000")]
    [InlineData(-42, "d0d6")]
    [InlineData(-32, "e0")]
    [InlineData(-1L << 40, "d3ffffff0000000000")]
    public void Quota_use_is_signed_and_takes_the_shortest_form(long quota, string hex)
    {
        byte[] written = HintsContent.Written(HintsFormat.WriteVersion2, new SegmentUsage { QuotaUse = quota });
        Assert.Contains("757365" + hex + "ac", Convert.ToHexStringLower(written), StringComparison.Ordinal);
        Assert.Equal(quota, Read(written, version: 2).QuotaUse);
    }

    [Fact]
    public void Lists_that_are_empty_or_have_duplicates_survive()
    {
        SegmentUsage usage = new();
        usage.AddShadow(Ids.Ascii('a'), 3);
        usage.RemoveShadow(Ids.Ascii('a'), 3);
        foreach (uint segment in new uint[] { 5, 5, 4, 300, 70000, 5 })
        {
            usage.AddShadow(Ids.Ascii('b'), segment);
        }

        SegmentUsage read = Read(HintsContent.Written(HintsFormat.WriteVersion2, usage), version: 2);
        Assert.Equal([Ids.Ascii('a'), Ids.Ascii('b')], read.SupersededPuts.Select(pair => pair.Key));
        Assert.True(read.TryGetShadow(Ids.Ascii('a'), out ShadowedPuts none) && none.IsEmpty);
        Assert.True(read.TryGetShadow(Ids.Ascii('b'), out ShadowedPuts list));
        Assert.Equal([5u, 5u, 4u, 300u, 70000u, 5u], list.ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Superseded_puts_are_written_and_read_as_the_library_does_it(bool oldSpec)
    {
        uint[] numbers = [0, 1, 127, 128, 255, 256, 65_535, 65_536, int.MaxValue, uint.MaxValue - 1];
        int[] counts = [14, 15, 16, 17, 70_000, 1];
        uint[][] lists = [[], .. numbers.Select(number => (uint[])[number]), numbers, .. counts.Select(count => Enumerable.Range(100, count).Select(i => (uint)i).ToArray())];
        SegmentUsage usage = new();
        byte[] expected = HintsContent.Packed((ref MessagePackWriter writer) =>
        {
            // The newer form of strings is not what we write, but some library may, and it must be read from here on or back again.
            writer.OldSpec = true;
            writer.WriteMapHeader(5);
            foreach ((string name, int value) in new[] { ("version", 2), ("segments", -1), ("compact", -1), ("storage_quota_use", 0) })
            {
                writer.Write(name);
                if (value < 0)
                {
                    writer.WriteMapHeader(0);
                }
                else
                {
                    writer.Write(value);
                }
            }

            writer.Write("shadow_index");
            writer.WriteMapHeader(lists.Length);
            for (int i = 0; i < lists.Length; i++)
            {
                writer.OldSpec = oldSpec || i % 3 != 1;
                if (writer.OldSpec)
                {
                    writer.WriteString(Ids.At(7, (uint)i).ToArray());
                }
                else
                {
                    writer.Write(Ids.At(7, (uint)i).ToArray());
                }

                writer.WriteArrayHeader(lists[i].Length);
                foreach (uint segment in lists[i])
                {
                    writer.Write(segment);
                }
            }
        });
        Assert.Equal(2, HintsFormat.Read(expected, usage));
        Assert.Equal(lists.Length, usage.SupersededPuts.Count);
        for (int i = 0; i < lists.Length; i++)
        {
            Assert.True(usage.TryGetShadow(Ids.At(7, (uint)i), out ShadowedPuts list));
            Assert.Equal(lists[i], list.ToArray());
        }

        if (oldSpec)
        {
            Assert.Equal(expected, HintsContent.Written(HintsFormat.WriteVersion2, usage));
        }
    }

    [Fact]
    public void Missing_quota_and_shadow_index_of_borg_1_1_are_none()
    {
        byte[] hints = HintsContent.Packed(static (ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(3);
            writer.Write("compact");
            writer.WriteMapHeader(1);
            writer.Write(3);
            writer.Write(17);
            writer.Write("segments");
            writer.WriteMapHeader(0);
            writer.Write("version");
            writer.Write(2);
        });
        SegmentUsage usage = Read(hints, version: 2);
        Assert.Equal([new(3, 17)], usage.Freeable);
        Assert.Equal(0, usage.QuotaUse);
        Assert.Empty(usage.SupersededPuts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Newer_kinds_of_strings_and_all_widths_of_numbers_are_read(bool binaryNames)
    {
        byte[] hints = HintsContent.Packed((ref MessagePackWriter writer) =>
        {
            void Name(ref MessagePackWriter writer, ReadOnlySpan<byte> name)
            {
                if (binaryNames)
                {
                    writer.Write(name);
                }
                else
                {
                    byte[] str8 = [0xd9, (byte)name.Length, .. name];
                    writer.WriteRaw(str8);
                }
            }

            writer.WriteMapHeader(5);
            Name(ref writer, "version"u8);
            writer.WriteUInt64(2);
            Name(ref writer, "segments"u8);
            writer.WriteMapHeader(3);
            writer.WriteUInt64(1);
            writer.WriteInt64(-3);
            writer.WriteInt8(2);
            writer.WriteUInt32(4);
            writer.WriteUInt32(uint.MaxValue);
            writer.WriteInt16(5);
            Name(ref writer, "compact"u8);
            writer.WriteMapHeader(0);
            Name(ref writer, "storage_quota_use"u8);
            writer.WriteInt32(-42);
            Name(ref writer, "shadow_index"u8);
            writer.WriteMapHeader(1);
            Name(ref writer, Ids.Ascii('1').ToArray());
            writer.WriteArrayHeader(1);
            writer.WriteInt64(9);
        });
        SegmentUsage usage = Read(hints, version: 2);
        Assert.Equal([new(1, -3), new(2, 4), new(uint.MaxValue, 5)], usage.UseCounts);
        Assert.Equal(-42, usage.QuotaUse);
        Assert.True(usage.TryGetShadow(Ids.Ascii('1'), out ShadowedPuts list));
        Assert.Equal(9u, list[0]);
    }

    [Fact]
    public void Unknown_fields_are_passed_over_however_deep_they_are_nested()
    {
        const int Depth = 100_000;
        byte[] hints =
        [
            0x86, .. HintsContent.Example[1..],
            0xa1, (byte)'x', .. Enumerable.Repeat((byte)0x91, Depth), 0xc0,
        ];
        Assert.Equal(133, Read(hints, version: 2).QuotaUse);
    }

    [Theory]
    [InlineData("", "msgpack")]
    [InlineData("c0", "msgpack")]
    [InlineData("80", "no version")]
    [InlineData("93010203", "msgpack")]
    [InlineData("81a776657273696f6e03", "version 3")]
    [InlineData("81a776657273696f6e00", "version 0")]
    [InlineData("81a776657273696f6ea132", "msgpack")]
    [InlineData("81a776657273696f6ecfffffffffffffffff", "msgpack")]
    [InlineData("81a776657273696f6e02", "segments")]
    [InlineData("82a776657273696f6e02a87365676d656e747380", "compact")]
    [InlineData("8101a176", "string")]
    [InlineData("83a776657273696f6e02a87365676d656e747380a7636f6d7061637490", "msgpack")]
    [InlineData("83a776657273696f6e01a87365676d656e747380a7636f6d7061637480", "msgpack")]
    [InlineData("83a776657273696f6e02a87365676d656e747381ff00a7636f6d7061637480", "segment")]
    [InlineData("83a776657273696f6e02a87365676d656e747381cf000000010000000000a7636f6d7061637480", "segment")]
    [InlineData("83a776657273696f6e02a87365676d656e74738100cf7fffffffffffffffa7636f6d7061637480", "beyond reason")]
    [InlineData("83a776657273696f6e02a87365676d656e74738100cb3ff0000000000000a7636f6d7061637480", "msgpack")]
    [InlineData("83a776657273696f6e02a87365676d656e7473dfffffffff", "msgpack")]
    [InlineData("83a776657273696f6e02a87365676d656e7473df7fffffff", "msgpack")]
    [InlineData("81c6ffffffff", "msgpack")]
    [InlineData("81dbffffffff", "msgpack")]
    [InlineData("df7fffffff", "msgpack")]
    [InlineData("81a178df7fffffff", "msgpack")]
    [InlineData("81a178c6ffffffff", "msgpack")]
    [InlineData("81a178c9ffffffff00", "msgpack")]
    [InlineData("83a776657273696f6e01a87365676d656e747380a7636f6d70616374ddffffffff", "msgpack")]
    [InlineData("83a776657273696f6e01a87365676d656e747380a7636f6d70616374dd7fffffff", "msgpack")]
    [InlineData("84a776657273696f6e02a87365676d656e747380a7636f6d7061637480ac736861646f775f696e64657881a3616263ff", "3 bytes")]
    [InlineData("84a776657273696f6e02a87365676d656e747380a7636f6d7061637480ac736861646f775f696e646578dbffffffff", "msgpack")]
    public void Anything_else_is_refused_with_a_reason(string hex, string reason)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => HintsFormat.Read(Convert.FromHexString(hex), new SegmentUsage()));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Trailing_bytes_are_damage() =>
        Assert.Throws<InvalidDataException>(() => HintsFormat.Read((byte[])[.. HintsContent.Example, 0], new SegmentUsage()));

    [Fact]
    public void Cut_anywhere_it_is_refused()
    {
        byte[] hints = HintsContent.Example;
        for (int length = 0; length < hints.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => HintsFormat.Read(hints.AsMemory(0, length), new SegmentUsage()));
        }
    }

    [Fact]
    public void Random_damage_never_gives_anything_but_hints_or_a_typed_refusal()
    {
        const int Seed = 31;
        output.WriteLine($"seed {Seed}");
        Random random = new(Seed);
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] hints = HintsContent.Example;
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                hints[random.Next(hints.Length)] = (byte)random.Next(256);
            }

            try
            {
                HintsFormat.Read(hints, new SegmentUsage());
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 5000, 19_999);
    }

    private static SegmentUsage Read(byte[] content, int version)
    {
        SegmentUsage usage = new();
        Assert.Equal(version, HintsFormat.Read(content, usage));
        return usage;
    }
}
