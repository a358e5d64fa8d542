using System.IO.Hashing;
using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Format;

/// <summary>Sums against those of the library.</summary>
public sealed class ChecksumTests
{
    private const int Longest = 3000;
    private static readonly byte[] s_noise = MakeNoise();

    [Fact]
    public void The_sum_of_every_length_is_that_of_the_library()
    {
        for (int length = 0; length <= Longest; length++)
        {
            ReadOnlySpan<byte> bytes = s_noise.AsSpan(length % 67, length);
            Assert.Equal(Crc32.HashToUInt32(bytes), Checksum.Of(bytes));
        }
    }

    [Fact]
    public void A_running_sum_does_not_depend_on_where_the_bytes_are_cut()
    {
        for (int cut = 0; cut <= Longest; cut++)
        {
            Checksum sum = new();
            sum.Append(s_noise.AsSpan(0, cut));
            sum.Append([]);
            sum.Append(s_noise.AsSpan(cut, Longest - cut));
            Assert.Equal(Crc32.HashToUInt32(s_noise.AsSpan(0, Longest)), sum.Value);
        }
    }

    [Fact]
    public void The_wide_way_is_right_for_bytes_that_are_all_zero_or_all_ones_and_for_large_ones()
    {
        Assert.SkipUnless(WideCrc.IsSupported, "This processor multiplies no 256 bits at a time.");
        byte[] bytes = new byte[(1 << 20) + 77];
        Assert.Equal(Crc32.HashToUInt32(bytes), WideCrc.Append(0, bytes));
        Array.Fill(bytes, (byte)0xFF);
        Assert.Equal(Crc32.HashToUInt32(bytes), WideCrc.Append(0, bytes));
        new Random(7).NextBytes(bytes);
        Assert.Equal(Crc32.HashToUInt32(bytes), WideCrc.Append(0, bytes));
    }

    [Fact]
    public void One_flipped_bit_anywhere_changes_the_sum()
    {
        byte[] bytes = s_noise[..1000];
        uint whole = Checksum.Of(bytes);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(whole, Checksum.Of(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static byte[] MakeNoise()
    {
        byte[] noise = new byte[Longest + 67];
        new Random(5).NextBytes(noise);
        return noise;
    }
}
