using System.Text;
using BorgRepo.Core.Copying;
using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>The file that a copy keeps about itself.</summary>
public sealed class CopyManifestTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        CopyManifest manifest = Example();
        CopyManifest read = CopyManifest.Parse(manifest.ToBytes())!;
        Assert.Equal(manifest.Id, read.Id);
        Assert.Equal(manifest.Segments, read.Segments);
        Assert.Equal(manifest.Bridges, read.Bridges);
    }

    [Fact]
    public void Its_text_is_fixed()
    {
        string expected = "borgrepo-copy 1\nid " + new string('a', 64)
            + "\n3 500 491 638000000000000000 0000000000000000000000000000002a\n7 17 8 638000000000000000 -\nbridge 5\nend 3\n";
        Assert.Equal(expected, Encoding.UTF8.GetString(Example().ToBytes()));
    }

    [Fact]
    public void One_that_is_cut_anywhere_is_none()
    {
        byte[] content = Example().ToBytes();
        for (int length = 0; length < content.Length; length++)
        {
            Assert.Null(CopyManifest.Parse(content.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData("3 500 491", "x 500 491")]
    [InlineData("3 500 491", "3 -500 491")]
    [InlineData("3 500 491", "7 500 491")]
    [InlineData("end 3", "end 4")]
    [InlineData("bridge 5", "bridge x")]
    [InlineData("borgrepo-copy 1", "borgrepo-copy 2")]
    [InlineData("2a\n", "2a 1\n")]
    public void One_with_anything_else_is_none(string part, string replacement)
    {
        string text = Encoding.UTF8.GetString(Example().ToBytes());
        Assert.Null(CopyManifest.Parse(Encoding.UTF8.GetBytes(text.Replace(part, replacement, StringComparison.Ordinal))));
    }

    private static CopyManifest Example()
    {
        CopyManifest manifest = new() { Id = ObjectId.Parse(new string('a', 64)) };
        manifest.Segments.Add(3, new ManifestEntry(500, 491, 638000000000000000, 42));
        manifest.Segments.Add(7, new ManifestEntry(17, 8, 638000000000000000, null));
        manifest.Bridges.Add(5);
        return manifest;
    }
}
