using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests;

public sealed class ObjectIdTests
{
    [Fact]
    public void Hex_of_either_case_round_trips_to_lower_case()
    {
        string hex = string.Concat(Enumerable.Range(0, 32).Select(i => (i * 7).ToString("x2", System.Globalization.CultureInfo.InvariantCulture)[^2..]));
        Assert.Equal(hex, ObjectId.Parse(hex.ToUpperInvariant()).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000000")]
    public void Anything_but_64_hex_digits_is_refused(string text) => Assert.False(ObjectId.TryParse(text, out _));

    [Fact]
    public void The_hash_prefix_is_the_first_four_bytes_little_endian()
    {
        byte[] bytes = new byte[32];
        bytes[0] = 1;
        bytes[3] = 0xff;
        Assert.Equal(0xff000001u, new ObjectId(bytes).HashPrefix);
    }

    [Fact]
    public void Order_is_that_of_the_bytes()
    {
        byte[] low = new byte[32];
        byte[] high = new byte[32];
        low[1] = 0xff;
        high[0] = 1;
        Assert.True(new ObjectId(low) < new ObjectId(high));
    }
}
