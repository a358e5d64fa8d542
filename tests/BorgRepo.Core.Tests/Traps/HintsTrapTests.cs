using System.Buffers;
using System.IO.Hashing;
using System.Text;
using BorgRepo.Core.Format;
using MessagePack;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>Traps of the format (README.md beside this file) about hints and integrity files, numbered as there.</summary>
public sealed class HintsTrapTests
{
    private const string All = "k1=abc k2=def k3=ghi";

    [Fact]
    public void Trap_22_hints_are_written_in_the_old_form_without_bin_and_str8()
    {
        ScriptedRepository repository = ThreeObjects();
        using (Repository session = repository.Open())
        {
            session.Delete(SegmentScript.Key(2));
            session.CommitUncompacted();
        }

        // {version 2, segments {0: 2, 1: 0, 2: 0, 3: 0}, compact {1: 9, 0: 44, 2: 41, 3: 9}, quota 132, shadow {k2: [0]}}
        Assert.Equal(
            "85a776657273696f6e02a87365676d656e74738400020100" + "02000300" + "a7636f6d706163748401" + "09002c02290309"
            + "b173746f726167655f71756f74615f757365cc84ac736861646f775f696e64657881da0020" + SegmentScript.Key(2) + "9100",
            Convert.ToHexStringLower(repository.Read("hints.3")));
    }

    [Theory]
    [InlineData("compact")]
    [InlineData("segments")]
    public void Trap_23_hints_that_tell_of_segments_that_are_gone_do_no_harm(string map)
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Delete("integrity.1").Write("hints.1", Hints(
            segments: map == "segments" ? [(0, 3), (1, 0), (77, 5)] : [(0, 3), (1, 0)],
            compact: map == "compact" ? [(77, 1000), (1, 9)] : [(1, 9)]));
        AssertGoesOn(repository);
    }

    [Theory]
    [InlineData(7, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    [InlineData(3, -4)]
    public void Trap_23_counts_that_do_not_fit_are_counted_anew_and_nothing_in_use_is_unlinked(int count, int other)
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Delete("integrity.1").Write("hints.1", Hints([(0, count), (1, other)], [(0, 1000), (1, 9)]));
        AssertGoesOn(repository);
        Assert.True(repository.Exists("data/0/0"));
    }

    [Fact]
    public void Trap_23_segments_that_hints_do_not_mention_are_no_problem()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Delete("integrity.1").Write("hints.1", Hints([], []));
        AssertGoesOn(repository);
    }

    [Fact]
    public void Trap_23_a_negative_quota_and_empty_and_repeated_shadows_are_taken_as_they_are()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Delete("integrity.1").Write("hints.1", Hints([(0, 3), (1, 0)], [(1, 9)], quota: -42, shadows: [(8, []), (9, [0, 0, 1])]));
        using (Repository session = repository.Open())
        {
            session.Put(SegmentScript.Key(4), "jkl"u8);
            session.CommitUncompacted();
            Assert.Equal(-42 + 44, session.QuotaUse);
        }

        Assert.Equal(All + " k4=jkl", repository.Objects());
    }

    [Fact]
    public void Trap_24_hints_for_borg_1_0_list_every_segment_to_compact_among_the_segments()
    {
        // Append-only, or the segments would be compacted at once, as 1.0 does with every commit.
        ScriptedRepository repository = new(appendOnly: true);
        using (Repository session = repository.Open(format: WriteFormat.Borg10))
        {
            session.Put(SegmentScript.Key(1), "abc"u8);
            session.CommitUncompacted();
            session.Put(SegmentScript.Key(1), "def"u8);
            session.Put(SegmentScript.Key(2), "ghi"u8);
            session.CommitUncompacted();
            session.Delete(SegmentScript.Key(2));
            session.CommitUncompacted();
        }

        MessagePackReader reader = new(repository.Read("hints.2"));
        Assert.Equal(3, reader.ReadMapHeader());
        Assert.Equal("version", reader.ReadString());
        Assert.Equal(1, reader.ReadInt32());
        Assert.Equal("segments", reader.ReadString());
        List<int> segments = [];
        for (int left = reader.ReadMapHeader(); left > 0; left--)
        {
            segments.Add(reader.ReadInt32());
            Assert.InRange(reader.ReadInt32(), 0, 2);
        }

        Assert.Equal("compact", reader.ReadString());
        List<int> compact = [];
        for (int left = reader.ReadArrayHeader(); left > 0; left--)
        {
            compact.Add(reader.ReadInt32());
        }

        Assert.Equal([0, 1, 2], compact.Order());
        Assert.Empty(compact.Except(segments));
    }

    [Fact]
    public void Trap_25_whoever_writes_no_integrity_file_removes_the_old_one()
    {
        ScriptedRepository repository = ThreeObjects();
        Assert.True(repository.Exists("integrity.1"));
        using (Repository session = repository.Open(format: WriteFormat.Borg10))
        {
            session.Put(SegmentScript.Key(4), "jkl"u8);
            session.CommitUncompacted();
        }

        Assert.DoesNotContain(repository.Files().Keys, name => name.StartsWith("integrity.", StringComparison.Ordinal));
        Assert.Equal(All + " k4=jkl", repository.Objects());
    }

    [Fact]
    public void Trap_25_a_stale_integrity_file_costs_a_rebuild_and_no_object()
    {
        ScriptedRepository repository = ThreeObjects();
        byte[] stale = repository.Read("integrity.1");
        ScriptedRepository other = new ScriptedRepository().Segment(0, "P(k1,\"other\")").Segment(1, "C").Write("integrity.1", stale);
        Assert.Equal("k1=other", other.Objects());
        repository.Write("index.1", other.Read("index.1")).Write("hints.1", other.Read("hints.1"));
        Assert.Equal(All, repository.Objects());
        Assert.NotEmpty(repository.Warnings);
    }

    [Fact]
    public void Trap_26_digests_are_over_the_name_the_content_and_the_length_in_borgs_form()
    {
        ScriptedRepository repository = ThreeObjects();
        string integrity = Encoding.Latin1.GetString(repository.Read("integrity.1"));
        byte[] hints = repository.Read("hints.1");
        byte[] index = repository.Read("index.1");
        Assert.Contains(Digest("         7hints.1", hints, $"         5final{hints.Length}"), integrity, StringComparison.Ordinal);
        Assert.Contains(Digest("         7index.1", index[..18], "        10HashHeader18"), integrity, StringComparison.Ordinal);
        Assert.Contains(
            Digest("         7index.1", index[..18], "        10HashHeader18", index[18..], $"         5final{index.Length}"),
            integrity,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("c1")]
    [InlineData("ffffffffffffffffffffffff")]
    [InlineData("80")]
    [InlineData("81a776657273696f6e02")]
    public void Trap_26_a_garbage_integrity_file_is_a_warning_at_most(string hex)
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Write("integrity.1", Convert.FromHexString(hex));
        AssertGoesOn(repository);
    }

    [Fact]
    public void Trap_27_other_generations_are_removed_even_if_their_number_ends_with_the_current_one()
    {
        ScriptedRepository repository = ThreeObjects();
        foreach (string name in (string[])["index", "hints", "integrity"])
        {
            repository.Write($"{name}.11", repository.Read($"{name}.1")).Delete($"{name}.1").Write($"{name}.1.tmp", [1]);
        }

        Assert.Equal(All, repository.Objects());
        Assert.Equal(
            ["README", "config", "data/0/0", "data/0/1", "hints.1", "index.1", "integrity.1"], repository.Files().Keys);
    }

    [Fact]
    public void Trap_28_after_a_replay_freeable_bytes_are_another_estimate_and_the_objects_are_the_same()
    {
        ScriptedRepository repository = ThreeObjects();
        string online = Convert.ToHexStringLower(repository.Read("hints.1"));
        repository.Delete("index.1");
        Assert.Equal(All, repository.Objects());
        string replayed = Convert.ToHexStringLower(repository.Read("hints.1"));
        // The segment with the COMMIT alone: 9 bytes when it was written, the whole file of 17 when it was replayed.
        Assert.Contains("a7636f6d70616374810109", online, StringComparison.Ordinal);
        Assert.Equal(online.Replace("a7636f6d70616374810109", "a7636f6d70616374810111", StringComparison.Ordinal), replayed);
    }

    private static ScriptedRepository ThreeObjects() => new ScriptedRepository().WithThreeObjects();

    /// <summary>Whatever the caches said: all objects are there, and a transaction can be made and is then seen.</summary>
    private static void AssertGoesOn(ScriptedRepository repository)
    {
        Assert.Equal(All, repository.Objects());
        using (Repository session = repository.Open())
        {
            session.Delete(SegmentScript.Key(2));
            session.Put(SegmentScript.Key(3), "new"u8);
            session.CommitUncompacted();
        }

        Assert.Equal("k1=abc k3=new", repository.Objects());
        int warnings = repository.Warnings.Count;
        Assert.Equal("k1=abc k3=new", repository.Objects(SessionAccess.Write));
        Assert.Equal(warnings, repository.Warnings.Count);
    }

    private static byte[] Hints(
        (int Segment, int Count)[] segments, (int Segment, int Bytes)[] compact, int quota = 132, (int Key, int[] Segments)[]? shadows = null)
    {
        ArrayBufferWriter<byte> buffer = new();
        MessagePackWriter writer = new(buffer) { OldSpec = true };
        writer.WriteMapHeader(5);
        writer.Write("version");
        writer.Write(2);
        foreach ((string name, (int, int)[] map) in new[] { ("segments", segments), ("compact", compact) })
        {
            writer.Write(name);
            writer.WriteMapHeader(map.Length);
            foreach ((int segment, int value) in map)
            {
                writer.Write(segment);
                writer.Write(value);
            }
        }

        writer.Write("storage_quota_use");
        writer.Write(quota);
        writer.Write("shadow_index");
        writer.WriteMapHeader(shadows?.Length ?? 0);
        foreach ((int key, int[] list) in shadows ?? [])
        {
            writer.Write(SegmentScript.Key(key).ToArray());
            writer.WriteArrayHeader(list.Length);
            foreach (int segment in list)
            {
                writer.Write(segment);
            }
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static string Digest(params object[] parts)
    {
        XxHash64 hash = new();
        foreach (object part in parts)
        {
            hash.Append(part as byte[] ?? Encoding.ASCII.GetBytes((string)part));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
