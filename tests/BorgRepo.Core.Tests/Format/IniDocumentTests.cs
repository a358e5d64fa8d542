using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Format;

/// <summary>The expected texts are what Python's configparser (no interpolation) wrote back after reading the first one.</summary>
public sealed class IniDocumentTests
{
    [Theory]
    [InlineData("[repository]\nversion = 1\n", "[repository]\nversion = 1\n\n")]
    [InlineData("[a]\nx=1\n\n\n y\n#c\n z\n\n[b] trailing\nK: v=w\n;x\n", "[a]\nx = 1\n\t\n\t\n\ty\n\tz\n\n[b]\nk = v=w\n\n")]
    [InlineData("[DEFAULT]\nq=1\n[a]\nb = \n c\n\n", "[DEFAULT]\nq = 1\n\n[a]\nb = \n\tc\n\n")]
    [InlineData("  [a]\n  x = 1\n    y\n  z = 2\n", "[a]\nx = 1\n\ty\nz = 2\n\n")]
    [InlineData("[a]\r\nx = 1\r\n  2\r\n", "[a]\nx = 1\n\t2\n\n")]
    [InlineData("[a]\nx = 1\n\f\n  b\u001fc\u001f\n", "[a]\nx = 1\n\t\n\tb\u001fc\n\n")]
    [InlineData("[a]b]c\nX Y = 1\n", "[a]b]\nx y = 1\n\n")]
    [InlineData("[DEFAULT]\n[DEFAULT]\nx=%1\n", "[DEFAULT]\nx = %1\n\n")]
    [InlineData("[a]\nx=#k\n y ;z\n", "[a]\nx = #k\n\ty ;z\n\n")]
    [InlineData("[a]\nx=1\r\r\n  2", "[a]\nx = 1\n\t\n\t2\n\n")]
    public void A_file_is_written_back_as_configparser_does(string text, string expected) =>
        Assert.Equal(expected, IniDocument.Parse(text).ToString());

    [Theory]
    [InlineData("[]\n", 1)]
    [InlineData("x=1\n", 1)]
    [InlineData("[a]\n= 1\n", 2)]
    [InlineData("[a]\nfoo\n", 2)]
    [InlineData("[a]\n[b\nx=1\n", 2)]
    [InlineData("[a]\nx=1\nX:2\n", 3)]
    [InlineData("[a]\n[a]\n", 2)]
    [InlineData("[DEFAULT]\nx=1\n[a]\n[DEFAULT]\nx=1\n", 5)]
    public void What_configparser_refuses_is_refused_with_the_line(string text, int line)
    {
        FormatException error = Assert.Throws<FormatException>(() => IniDocument.Parse(text));
        Assert.StartsWith($"line {line}: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_dropped() => Assert.Equal("[a]\nx = 1\n\n", IniDocument.Parse("\uFEFF[a]\nx=1").ToString());

    [Fact]
    public void An_option_that_a_section_lacks_comes_from_the_defaults()
    {
        IniDocument document = IniDocument.Parse("[DEFAULT]\nx = 1\ny = 2\n[a]\ny = 3\n");
        Assert.Equal("1", document.Get("a", "x"));
        Assert.Equal("3", document.Get("a", "y"));
        Assert.Null(document.Get("a", "z"));
        Assert.False(document.HasSection("DEFAULT"));
        Assert.False(document.HasSection("A"));
    }

    [Fact]
    public void Writing_and_reading_again_changes_nothing()
    {
        const string text = "[a]\nx = 1\n\t\n\t2\nempty = \n\n[b]\n\n";
        Assert.Equal(text, IniDocument.Parse(IniDocument.Parse(text).ToString()).ToString());
    }
}
