using System.Text.Json.Nodes;
using BorgRepo.Core.Locking;
using Xunit;

namespace BorgRepo.Core.Tests.Locking;

public sealed class PythonJsonTests
{
    // The right side is what json.dumps of Python 3.11 gives for the left one.
    [Theory]
    [InlineData("""{"a":[1,2],"b":{},"c":[],"d":null,"e":true,"f":1.50}""", """{"a": [1, 2], "b": {}, "c": [], "d": null, "e": true, "f": 1.50}""")]
    [InlineData("""["\u00e4\ud83d\ude00\u007f<>&'+/"]""", "[\"\\u00e4\\ud83d\\ude00\u007f<>&'+/\"]")]
    [InlineData("""["\b\f\n\r\t\u0001\"\\"]""", """["\b\f\n\r\t\u0001\"\\"]""")]
    public void Spaces_and_escapes_are_those_of_Python(string compact, string expected) =>
        Assert.Equal(expected, PythonJson.Write(JsonNode.Parse(compact)));
}
