using BorgRepo.Core.Copying;
using Xunit;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>What another program says may be anything.</summary>
public sealed class RcloneMessageTests
{
    [Theory]
    [InlineData("""{"stats":{"bytes":17}}""", 17L)]
    [InlineData("""{"stats":{"bytes":1.5}}""", null)]
    [InlineData("""{"stats":{"bytes":"17"}}""", null)]
    [InlineData("""{"stats":{"bytes":1e999}}""", null)]
    [InlineData("""{"stats":17}""", null)]
    [InlineData("""{"st\ud800ats":{"bytes":17}}""", null)]
    [InlineData("17", null)]
    [InlineData("", null)]
    public void Only_a_whole_number_is_a_number_of_bytes(string line, long? bytes) => Assert.Equal(bytes, RcloneMessage.BytesOf(line));

    [Theory]
    [InlineData("""{"level":"error","msg":" no space "}""", "no space")]
    [InlineData("""{"level":{},"msg":"no space"}""", "it gave no reason.")]
    [InlineData("""{"level":"error","msg":[]}""", "it gave no reason.")]
    [InlineData("""{"level":"error","msg":"\ud800"}""", """{"level":"error","msg":"\ud800"}""")]
    [InlineData("unknown flag", "unknown flag")]
    public void Only_texts_are_reasons(string line, string summary) => Assert.Equal(summary, RcloneMessage.Summarize([line]));
}
