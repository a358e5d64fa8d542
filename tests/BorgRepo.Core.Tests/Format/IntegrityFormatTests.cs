using System.Buffers;
using System.Text;
using BorgRepo.Core.Format;
using MessagePack;
using Xunit;

namespace BorgRepo.Core.Tests.Format;

public sealed class IntegrityFormatTests
{
    private const string HintsText = """{"algorithm": "XXH64", "digests": {"final": "05c7f82b0b3b29ab"}}""";
    private const string IndexText = """{"algorithm": "XXH64", "digests": {"HashHeader": "1e7b5372ec4f7b80", "final": "a9f077ebf6243b94"}}""";

    [Fact]
    public void It_is_written_as_borg_writes_it()
    {
        byte[] written = Written();
        byte[] expected =
        [
            0x83, 0xa7, .. "version"u8, 2,
            0xa5, .. "hints"u8, 0xda, 0, 64, .. Encoding.ASCII.GetBytes(HintsText),
            0xa5, .. "index"u8, 0xda, 0, 98, .. Encoding.ASCII.GetBytes(IndexText),
        ];
        Assert.Equal(expected, written);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        IntegrityRecord record = IntegrityFormat.Read(Written());
        Assert.Equal(2, record.Version);
        ExpectedDigests hints = IntegrityFormat.ReadDigests(record.Hints!.Value, out _)!;
        Assert.Equal(DigestAlgorithm.XxHash64, hints.Algorithm);
        Assert.Equal([new("final", "05c7f82b0b3b29ab")], hints.Parts);
        ExpectedDigests index = IntegrityFormat.ReadDigests(record.Index!.Value, out _)!;
        Assert.Equal([new("HashHeader", "1e7b5372ec4f7b80"), new("final", "a9f077ebf6243b94")], index.Parts);
    }

    [Fact]
    public void Newer_kinds_of_strings_and_unknown_fields_are_read()
    {
        byte[] content = HintsContent.Packed(static (ref MessagePackWriter writer) =>
        {
            writer.WriteMapHeader(4);
            writer.Write("index"u8);
            writer.Write(Encoding.ASCII.GetBytes(IndexText));
            writer.Write("other");
            writer.WriteArrayHeader(1);
            writer.WriteNil();
            writer.Write("hints"u8);
            writer.Write(HintsText);
            writer.Write("version"u8);
            writer.Write(2);
        });
        IntegrityRecord record = IntegrityFormat.Read(content);
        Assert.Equal(2, record.Version);
        Assert.Equal(HintsText, Encoding.ASCII.GetString(record.Hints!.Value.Span));
        Assert.Equal(IndexText, Encoding.ASCII.GetString(record.Index!.Value.Span));
    }

    [Theory]
    [InlineData("80", null)]
    [InlineData("81a776657273696f6e03", 3)]
    [InlineData("81a776657273696f6ec0", null)]
    public void Missing_fields_are_no_error(string hex, int? version) =>
        Assert.Equal(new IntegrityRecord(version, null, null), IntegrityFormat.Read(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("")]
    [InlineData("c1")]
    [InlineData("8000")]
    [InlineData("dfffffffff")]
    [InlineData("81a568696e747307")]
    [InlineData("81a568696e7473dbffffffff")]
    [InlineData("676172626167650a")]
    public void Garbage_is_refused(string hex) =>
        Assert.Throws<InvalidDataException>(() => IntegrityFormat.Read(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"algorithm": null, "digests": {"final": "00"}}""")]
    [InlineData("""{"algorithm": "\ud800", "digests": {"final": "00"}}""")]
    [InlineData("""{"algorithm": "XXH64"}""")]
    [InlineData("""{"algorithm": "XXH64", "digests": []}""")]
    [InlineData("""{"algorithm": "XXH64", "digests": {}}""")]
    [InlineData("""{"algorithm": "XXH64", "digests": {"HashHeader": "00"}}""")]
    [InlineData("""{"algorithm": "XXH64", "digests": {"final": "00"}} x""")]
    [InlineData("""{"algorithm": "XXH64", "digests": {"final": "\ud800"}}""")]
    public void Digests_that_cannot_be_understood_are_damage(string json) =>
        Assert.Throws<InvalidDataException>(() => IntegrityFormat.ReadDigests(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void An_unknown_algorithm_is_told_by_its_name()
    {
        Assert.Null(IntegrityFormat.ReadDigests("""{"algorithm": "BLAKE9", "digests": 1}"""u8.ToArray(), out string algorithm));
        Assert.Equal("BLAKE9", algorithm);
    }

    [Fact]
    public void Every_part_has_to_be_vouched_for()
    {
        ExpectedDigests expected = new(DigestAlgorithm.XxHash64, new Dictionary<string, string> { ["final"] = "00", ["odd"] = "17" });
        expected.Verify("final", "00");
        Assert.Throws<InvalidDataException>(() => expected.Verify("final", "01"));
        Assert.Throws<InvalidDataException>(() => expected.Verify("HashHeader", "00"));
    }

    private static byte[] Written()
    {
        ArrayBufferWriter<byte> bytes = new();
        IntegrityFormat.Write(bytes, "05c7f82b0b3b29ab", "1e7b5372ec4f7b80", "a9f077ebf6243b94");
        return bytes.WrittenSpan.ToArray();
    }
}
