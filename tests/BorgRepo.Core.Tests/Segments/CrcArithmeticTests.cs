using System.IO.Hashing;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using CsCheck;
using Xunit;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Checksums calculated from those of prefixes are those of the bytes.</summary>
public sealed class CrcArithmeticTests
{
    private const int Longest = 3_000_000;

    private static readonly CrcShift Shift = new(Longest);

    [Fact]
    public void The_sum_between_two_prefixes_is_that_of_the_bytes_between()
    {
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.Double[0, 1], Gen.Double[0, 1]).Sample((bytes, x, y) =>
        {
            int start = (int)(Math.Min(x, y) * bytes.Length);
            int end = (int)(Math.Max(x, y) * bytes.Length);
            uint before = Crc32.HashToUInt32(bytes.AsSpan(0, start));
            uint whole = Crc32.HashToUInt32(bytes.AsSpan(0, end));
            uint between = Crc32.HashToUInt32(bytes.AsSpan(start, end - start));
            return Shift.Between(before, whole, end - start) == between && Shift.Append(before, between, end - start) == whole;
        }, iter: 500, seed: "0000KOIPe036", threads: 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(1_048_576)]
    [InlineData(Longest)]
    public void Lengths_at_the_borders_of_its_tables_are_right(int length)
    {
        byte[] head = [1, 2, 3];
        byte[] rest = new byte[length];
        new Random(length).NextBytes(rest);
        uint whole = Crc32.HashToUInt32([.. head, .. rest]);
        Assert.Equal(Crc32.HashToUInt32(rest), Shift.Between(Crc32.HashToUInt32(head), whole, length));
        Assert.Equal(whole, Shift.Append(Crc32.HashToUInt32(head), Crc32.HashToUInt32(rest), length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(5000)]
    [InlineData(262_144)]
    [InlineData(700_001)]
    public void Sums_of_ranges_of_a_file_are_those_of_their_bytes(int length)
    {
        byte[] content = new byte[length];
        Random random = new(length);
        random.NextBytes(content);
        MemoryFileSystem files = new();
        files.WriteAllBytes("/file", content);
        using IFile file = files.Open("/file", FileOpenKind.Read);
        PrefixSums sums = new(file, length, TestContext.Current.CancellationToken);
        for (int i = 0; i < 2000; i++)
        {
            // Short ones and long ones, and such that begin or end with the file or with a page.
            int start = i % 5 == 0 ? 0 : i % 7 == 0 ? random.Next(length / 1024 + 1) * 1024 : random.Next(length + 1);
            int count = i % 3 == 0 ? length - start : random.Next(length - start + 1);
            Assert.Equal(Crc32.HashToUInt32(content.AsSpan(start, count)), sums.Sum(start, count));
        }
    }
}
