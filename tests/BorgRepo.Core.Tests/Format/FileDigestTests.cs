using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Format;

public sealed class FileDigestTests
{
    [Theory]
    [InlineData("", "ef46db3751d8e999")]
    [InlineData("a", "d24ec4f1a98c6e5b")]
    [InlineData("abc", "44bc2cf5ad770999")]
    public void The_package_computes_the_xxh64_that_borg_computes(string text, string digest) =>
        Assert.Equal(digest, Convert.ToHexStringLower(XxHash64.Hash(Encoding.ASCII.GetBytes(text))));

    [Fact]
    public void Names_lengths_and_positions_are_fed_as_borg_feeds_them()
    {
        using FileDigest digest = new(DigestAlgorithm.XxHash64, "index.1");
        digest.Append("abc"u8);
        Assert.Equal(Sum("         7index.1abc        10HashHeader3"), digest.EndPart("HashHeader"));
        digest.Append("defg"u8);
        Assert.Equal(Sum("         7index.1abc        10HashHeader3defg         5final7"), digest.EndPart("final"));
    }

    [Fact]
    public void Sha512_is_fed_the_same_and_goes_on_after_a_part()
    {
        using FileDigest digest = new(DigestAlgorithm.Sha512, "hints.12");
        digest.Append("abc"u8);
        digest.EndPart("first");
        Assert.Equal(
            Convert.ToHexStringLower(SHA512.HashData("         8hints.12abc         5first3         5final3"u8)),
            digest.EndPart("final"));
    }

    private static string Sum(string text) => Convert.ToHexStringLower(XxHash64.Hash(Encoding.ASCII.GetBytes(text)));
}
