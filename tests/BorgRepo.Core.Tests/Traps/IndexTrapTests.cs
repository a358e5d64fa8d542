using System.Buffers.Binary;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>Traps of docs/format.md about the index, numbered as there.</summary>
public sealed class IndexTrapTests
{
    private const string All = "k1=abc k2=def k3=ghi";
    private const uint Empty = 0xFFFFFFFF;
    private const uint Deleted = 0xFFFFFFFE;

    [Fact]
    public void Trap_16_an_index_without_bytes_counts_as_missing()
    {
        ScriptedRepository repository = ThreeObjects();
        byte[] index = repository.Read("index.1");
        repository.Write("index.1", []);
        Assert.Equal(All, repository.Objects());
        Assert.Equal(index.Length, repository.Read("index.1").Length);
        // A higher number does not make it one either.
        repository.Write("index.7", []);
        Assert.Equal(All, repository.Objects());
    }

    [Theory]
    [InlineData("index.tmp")]
    [InlineData("index.5.tmp")]
    [InlineData("index.5a")]
    [InlineData("index.-5")]
    [InlineData("index.+5")]
    [InlineData("index.5 ")]
    [InlineData("index.")]
    public void Trap_16_only_a_suffix_of_digits_makes_an_index(string name)
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Write(name, repository.Read("index.1"));
        SortedDictionary<string, string> before = repository.Files();
        Assert.Equal(All, repository.Objects());
        Assert.Empty(repository.Warnings);
        Assert.Equal(before, repository.Files());
    }

    [Fact]
    public void Trap_17_an_index_newer_than_any_commit_is_rebuilt_from_nothing_and_its_hints_are_not_loaded()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, "P(k1,\"abc\") C").Segment(1, "P(k2,\"def\") C");
        Assert.Equal("k1=abc k2=def", repository.Objects());
        // A state that knows more than the log: hints and index of a transaction that is gone.
        using (Repository session = repository.Open())
        {
            session.Put(SegmentScript.Key(9), "gone"u8);
            session.CommitUncompacted();
        }

        repository.Delete("data/0/2").Delete("data/0/3").Rename("index.3", "index.99").Rename("hints.3", "hints.99").Rename("integrity.3", "integrity.99");
        using (Repository session = repository.Open())
        {
            Assert.Equal("k1=abc k2=def", ScriptedRepository.Describe(session));
            Assert.Equal(1u, session.TransactionId);
            Assert.Equal(2 * 44, session.QuotaUse);
        }

        Assert.Equal(["README", "config", "data/0/0", "data/0/1", "hints.1", "index.1", "integrity.1"], repository.Files().Keys);
    }

    [Fact]
    public void Trap_18_the_hash_of_a_key_is_unsigned()
    {
        ScriptedRepository repository = new();
        byte[] key = [0xf9, 0xff, 0xff, 0xff, .. new byte[28]];
        using (Repository session = repository.Open())
        {
            session.Put(new ObjectId(key), "abc"u8);
            session.CommitUncompacted();
        }

        // 0xfffffff9 mod 1031; as a negative number it would be another bucket.
        int bucket = (int)(0xfffffff9 % 1031);
        Assert.Equal(key, repository.Read("index.1").AsSpan(18 + (40 * bucket), 32));
    }

    [Fact]
    public void Trap_19_a_lookup_skips_tombstones_and_ends_after_one_lap_of_a_table_without_an_empty_bucket()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Delete("integrity.1").Edit("index.1", content =>
        {
            // All free buckets become tombstones, as an index of borg 1.0 may have them.
            for (int at = 18 + 32; at < content.Length; at += 40)
            {
                if (BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(at)) == Empty)
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(at), Deleted);
                }
            }
        });
        using (Repository session = repository.Open())
        {
            Assert.False(session.Contains(SegmentScript.Key(9)));
            Assert.Equal(All, ScriptedRepository.Describe(session));
            session.Put(SegmentScript.Key(9), "new"u8);
            session.CommitUncompacted();
        }

        Assert.Empty(repository.Warnings);
        Assert.Equal(All + " k9=new", repository.Objects());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(2000)]
    public void Trap_20_the_number_of_entries_in_the_header_is_counted_again(int claimed)
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Delete("integrity.1").Edit("index.1", content => BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(8), claimed));
        using (Repository session = repository.Open(SessionAccess.Read))
        {
            Assert.Equal(3, session.Count);
            Assert.Equal(All, ScriptedRepository.Describe(session));
        }

        Assert.NotEmpty(repository.Warnings);
        Assert.Equal(3, BinaryPrimitives.ReadInt32LittleEndian(repository.Read("index.1").AsSpan(8)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(1000)]
    public void Trap_20_a_table_may_have_any_number_of_buckets(int buckets)
    {
        ScriptedRepository repository = ThreeObjects();
        byte[] table = new byte[18 + (40 * buckets)];
        "BORG_IDX"u8.CopyTo(table);
        int entries = Math.Min(buckets, 3);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(8), entries);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(12), buckets);
        table[16] = 32;
        table[17] = 8;
        for (int bucket = 0; bucket < buckets; bucket++)
        {
            // All three keys begin with four zero bytes and so belong to bucket 0 and those after it.
            Span<byte> bytes = table.AsSpan(18 + (40 * bucket), 40);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[32..], bucket < entries ? 0 : Empty);
            BinaryPrimitives.WriteInt32LittleEndian(bytes[36..], 8 + (44 * bucket));
            if (bucket < entries)
            {
                SegmentScript.Key(bucket + 1).CopyTo(bytes);
            }
        }

        repository.Delete("integrity.1").Write("index.1", table);
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(entries, session.Count);
        Assert.Equal("abc"u8, session.Get(SegmentScript.Key(1)));
        Assert.False(session.Contains(SegmentScript.Key(77)));
        Assert.Empty(repository.Warnings);
    }

    [Fact]
    public void Trap_20_a_key_in_a_bucket_where_no_search_comes_to_is_noticed()
    {
        ScriptedRepository repository = ThreeObjects();
        // The keys begin with four zero bytes: one bit more, and the key belongs into another bucket.
        repository.Delete("integrity.1").Edit("index.1", content => content[18 + 40] = 0x40);
        Assert.Equal(All, repository.Objects());
        Assert.NotEmpty(repository.Warnings);
    }

    [Fact]
    public void Trap_21_lists_are_continued_after_a_key_and_give_every_id_exactly_once()
    {
        ScriptedRepository repository = new();
        using Repository session = repository.Open();
        for (int i = 1; i <= 5; i++)
        {
            session.Put(SegmentScript.Key(i), "abc"u8);
        }

        session.CommitUncompacted();
        // All begin with the same four bytes, so the order of buckets is that of insertion.
        Assert.Equal([4, 5], session.List(after: SegmentScript.Key(3)).Select(id => (int)id.ToArray()[31]));
        Assert.Equal([4], session.List(limit: 1, after: SegmentScript.Key(3)).Select(id => (int)id.ToArray()[31]));
        Assert.Equal([1, 2], session.List(limit: 2).Select(id => (int)id.ToArray()[31]));
        Assert.Empty(session.List(after: SegmentScript.Key(5)));
        ObjectNotFoundException error = Assert.Throws<ObjectNotFoundException>(() => session.List(after: SegmentScript.Key(6)).ToList());
        Assert.Equal(SegmentScript.Key(6), error.Id);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Trap_21_pages_of_any_size_add_up_to_the_whole(int page)
    {
        ScriptedRepository repository = new();
        using Repository session = repository.Open();
        Random random = new(21);
        byte[] bytes = new byte[ObjectId.Length];
        for (int i = 0; i < 1200; i++)
        {
            random.NextBytes(bytes);
            session.Put(new ObjectId(bytes), [1]);
        }

        session.CommitUncompacted();
        List<ObjectId> all = [.. session.List()];
        List<ObjectId> paged = [];
        for (int count = page; count == page;)
        {
            int before = paged.Count;
            paged.AddRange(session.List(page, before == 0 ? null : paged[^1]));
            count = paged.Count - before;
        }

        Assert.Equal(1200, all.Distinct().Count());
        Assert.Equal(all, paged);
    }

    private static ScriptedRepository ThreeObjects() => new ScriptedRepository().WithThreeObjects();
}
