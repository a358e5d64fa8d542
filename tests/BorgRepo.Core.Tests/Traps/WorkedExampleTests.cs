using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>A worked example: what real borg 1.2.4 and 1.0.9 write for it, byte for byte out of our writer.</summary>
public sealed class WorkedExampleTests
{
    private static readonly string K0 = string.Concat(Enumerable.Repeat("30", 32));
    private static readonly string K1 = string.Concat(Enumerable.Repeat("30", 31)) + "31";

    private static readonly string Entries =
        "424f52475f534547"
        + "028267692c00000000" + K0 + "666f6f"
        + "ec0c572b2c00000000" + K1 + "626172"
        + "671bf2442900000001" + K1
        + "f12bf5332900000001" + K0
        + "0228a51c2d00000000" + K0 + "666f6f32";

    private const string Commit = "40f43c250900000002";

    [Fact]
    public void In_the_layout_of_borg_1_1_and_later_the_commit_has_a_segment_of_its_own()
    {
        ScriptedRepository repository = new();
        Run(repository, WriteFormat.Borg14);
        Assert.Equal(Entries, Hex(repository, "data/0/0"));
        Assert.Equal("424f52475f534547" + Commit, Hex(repository, "data/0/1"));
        Assert.Equal(17, repository.Read("data/0/1").Length);
        Assert.Equal(
            ["README", "config", "data/0/0", "data/0/1", "hints.1", "index.1", "integrity.1"], repository.Files().Keys);
    }

    [Fact]
    public void Its_index_has_the_two_buckets_of_borg_and_its_hints_all_five_keys()
    {
        ScriptedRepository repository = new();
        Run(repository, WriteFormat.Borg14);
        byte[] index = repository.Read("index.1");
        Assert.Equal(41258, index.Length);
        Assert.Equal("424f52475f49445801000000070400002008", Convert.ToHexStringLower(index.AsSpan(0, 18)));
        Assert.Equal(K0 + "00000000b2000000", Convert.ToHexStringLower(index.AsSpan(25098, 40)));
        // Overwriting K0 leaves a shadow too, as in borg since 1.2.7; 1.2.4 has only that of the deleted K1.
        Assert.Equal(
            "85a776657273696f6e02a87365676d656e74738200010100a7636f6d706163748200ccaa0109b173746f726167655f71756f74615f757365cc85"
            + "ac736861646f775f696e64657882da0020" + K1 + "9100da0020" + K0 + "9100",
            Hex(repository, "hints.1"));
    }

    [Fact]
    public void In_the_layout_of_borg_1_0_the_commit_ends_the_data_segment()
    {
        // Append-only, because 1.0 compacts with every commit, and nothing of the example would be left.
        ScriptedRepository repository = new(appendOnly: true);
        Run(repository, WriteFormat.Borg10);
        Assert.Equal(Entries + Commit, Hex(repository, "data/0/0"));
        Assert.Equal(["README", "config", "data/0/0", "hints.0", "index.0", "transactions"], repository.Files().Keys);
    }

    [Theory]
    [InlineData(WriteFormat.Borg14)]
    [InlineData(WriteFormat.Borg10)]
    public void Both_are_read_back_alike(WriteFormat format)
    {
        ScriptedRepository repository = new(appendOnly: true);
        Run(repository, format);
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(format == WriteFormat.Borg10 ? 0u : 1u, session.TransactionId);
        Assert.Equal("foo2"u8, session.Get(Id(K0)));
        Assert.Equal(new EntryLocation(0, 178), session.Find(Id(K0)).Location);
        Assert.False(session.Contains(Id(K1)));
        Assert.Equal(1, session.Count);
        Assert.Empty(repository.Warnings);
    }

    [Theory]
    [InlineData("99017803" + "2c00000000" + "0000000000000000000000000000000000000000000000000000000000000001" + "616263", "P(k1,\"abc\")")]
    [InlineData("1adc0afd" + "2900000001" + "0000000000000000000000000000000000000000000000000000000000000001", "D(k1)")]
    [InlineData("35853201" + "2a00000000" + "0000000000000000000000000000000000000000000000000000000000000000" + "78", "P(zero,\"x\")")]
    [InlineData(Commit, "C")]
    public void The_scripts_of_these_tests_build_the_bytes_of_real_borg(string hex, string script)
    {
        Assert.Equal(hex, Convert.ToHexStringLower(SegmentScript.Entries(script)));
    }

    private static void Run(ScriptedRepository repository, WriteFormat format)
    {
        using Repository session = repository.Open(format: format);
        session.Put(Id(K0), "foo"u8);
        session.Put(Id(K1), "bar"u8);
        session.Delete(Id(K1));
        session.Put(Id(K0), "foo2"u8);
        session.CommitUncompacted();
    }

    private static ObjectId Id(string hex) => ObjectId.Parse(hex);

    private static string Hex(ScriptedRepository repository, string name) => Convert.ToHexStringLower(repository.Read(name));
}
