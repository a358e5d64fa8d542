using System.Buffers.Binary;
using System.Text;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Tests.Format;
using MessagePack;
using Xunit;

namespace BorgRepo.Core.Tests.Index;

public sealed class IndexStoreLoadTests
{
    private const int Bucket627 = 25098;

    [Theory]
    [InlineData(WriteFormat.Borg14)]
    [InlineData(WriteFormat.Borg10)]
    public void What_was_saved_is_loaded(WriteFormat format)
    {
        IndexStoreFixture repository = new();
        ObjectId[] ids = Ids.Random(seed: 41, 50_000);
        using HashIndex index = new();
        SegmentUsage usage = new() { QuotaUse = -5 };
        for (int i = 0; i < ids.Length; i++)
        {
            index.Set(ids[i], new EntryLocation((uint)i % 100, (uint)i));
            usage.AddUse((uint)i % 100);
        }

        repository.Store.Save(99, index, usage, format);
        Assert.True(repository["index.99"].Length > 3 << 20);
        using HashIndex loaded = repository.Store.LoadIndex(99);
        Assert.Equal(ids.Length, loaded.Count);
        for (int i = 0; i < ids.Length; i++)
        {
            Assert.True(loaded.TryGet(ids[i], out EntryLocation location));
            Assert.Equal(new EntryLocation((uint)i % 100, (uint)i), location);
        }

        Assert.Equal(usage.UseCounts, repository.Store.LoadHints(99).UseCounts);
        Assert.Empty(repository.Notices);

        // Loaded, it goes on as the one that was saved.
        loaded.Set(Ids.Ascii('x'), default);
        loaded.Remove(ids[0], out _);
        Assert.Equal(ids.Length, loaded.Count);
    }

    [Fact]
    public void The_latest_index_is_the_highest_number_that_has_content()
    {
        IndexStoreFixture repository = new();
        Assert.Null(repository.Store.FindLatest());
        foreach (string name in (string[])["index.tmp", "index.40.tmp", "index.", "index.x", "index.-1", "index.+50", "index.060", "index. 70", "index.4294967296", "hints.80"])
        {
            repository[name] = [1];
        }

        repository["index.90"] = [];
        Assert.Null(repository.Store.FindLatest());
        repository["index.0"] = [1];
        Assert.Equal(0u, repository.Store.FindLatest());
        repository["index.9"] = [1];
        repository["index.10"] = [1];
        Assert.Equal(10u, repository.Store.FindLatest());
        repository["index.4294967295"] = [1];
        Assert.Equal(uint.MaxValue, repository.Store.FindLatest());
    }

    [Fact]
    public void A_folder_in_place_of_an_index_is_an_error_of_the_file_system()
    {
        IndexStoreFixture repository = new();
        repository.Memory.AddDirectory(IndexStoreFixture.Folder + "/index.5");
        Assert.Equal(5u, repository.Store.FindLatest());
        Exception? error = Record.Exception(() => repository.Store.LoadIndex(5));
        Assert.True(error is IOException or UnauthorizedAccessException, error?.ToString());
    }

    [Fact]
    public void Missing_files_are_told_as_unusable()
    {
        IndexStoreFixture repository = new();
        Assert.Equal("/repo/index.5", Assert.Throws<IndexCorruptException>(() => repository.Store.LoadIndex(5)).Path);
        Assert.Equal("it is missing", Assert.Throws<HintsCorruptException>(() => repository.Store.LoadHints(5)).Reason);
        repository.SaveExample(5);
        repository.Store.DeleteIndex(5);
        repository.Store.DeleteHints(5);
        repository.Store.DeleteHints(5);
        Assert.Equal(["integrity.5"], repository.Names);
    }

    [Theory]
    [InlineData(0, "BORG_IDX")]
    [InlineData(16, "keys and values")]
    [InlineData(15, "buckets")]
    public void Damage_to_the_header_is_found_without_an_integrity_file(int at, string reason)
    {
        IndexStoreFixture repository = Unverified(1);
        byte[] content = repository["index.1"];
        content[at] = 0xff;
        repository["index.1"] = content;
        Assert.Contains(reason, Assert.Throws<IndexCorruptException>(() => repository.Store.LoadIndex(1)).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xFFFFFC00)]
    [InlineData(0xFFFFFFFD)]
    public void Reserved_segment_numbers_are_damage(uint segment)
    {
        IndexStoreFixture repository = Unverified(1);
        byte[] content = repository["index.1"];
        BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(Bucket627 + 32), segment);
        repository["index.1"] = content;
        Assert.Contains("bucket 627", Assert.Throws<IndexCorruptException>(() => repository.Store.LoadIndex(1)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bucket_that_lost_its_entry_is_damage()
    {
        IndexStoreFixture repository = Unverified(1);
        byte[] content = repository["index.1"];
        BinaryPrimitives.WriteUInt32LittleEndian(content.AsSpan(Bucket627 + 32), IndexFormat.EmptyMarker);
        repository["index.1"] = content;
        Assert.Contains("states 1 entries, it has 0", Assert.Throws<IndexCorruptException>(() => repository.Store.LoadIndex(1)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_count_that_is_not_true_is_damage()
    {
        IndexStoreFixture repository = Unverified(1);
        byte[] content = repository["index.1"];
        content[8] = 2;
        repository["index.1"] = content;
        Assert.Contains("states 2 entries, it has 1", Assert.Throws<IndexCorruptException>(() => repository.Store.LoadIndex(1)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cut_is_damage()
    {
        IndexStoreFixture repository = Unverified(1);
        byte[] content = repository["index.1"];
        foreach (int length in (int[])[0, 1, 17, 18, 57, 58, 41218, 41257])
        {
            repository["index.1"] = content[..length];
            Assert.Throws<IndexCorruptException>(() => repository.Store.LoadIndex(1));
        }

        repository["index.1"] = [.. content, 0];
        Assert.Throws<IndexCorruptException>(() => repository.Store.LoadIndex(1));
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(7, 3, 4)]
    [InlineData(1000, 700, 300)]
    [InlineData(1031, 773, 258)]
    [InlineData(1031, 0, 1031)]
    [InlineData(1031, 1031, 0)]
    public void Tables_without_an_empty_bucket_are_taken_over(int buckets, int used, int tombstones)
    {
        Assert.Equal(buckets, used + tombstones);
        IndexStoreFixture repository = new();
        byte[] content = new byte[IndexFormat.FileSize(buckets)];
        IndexFormat.WriteHeader(content, used, buckets);
        for (int i = 0; i < buckets; i++)
        {
            // Every key in its home bucket; the last ones are gone.
            Span<byte> bucket = content.AsSpan(18 + (i * 40), 40);
            Ids.At((uint)i).CopyTo(bucket);
            BinaryPrimitives.WriteUInt32LittleEndian(bucket[32..], i < used ? (uint)i : IndexFormat.DeletedMarker);
        }

        repository["index.3"] = content;
        using HashIndex index = repository.Store.LoadIndex(3);
        Assert.Equal(used, index.Count);
        Assert.All(Enumerable.Range(0, buckets), i => Assert.Equal(i < used, index.Contains(Ids.At((uint)i))));
        Assert.False(index.Contains(Ids.Ascii('x')));
        Assert.True(index.BucketCount - index.Count >= IndexFormat.MinEmpty(index.BucketCount));
        for (uint i = 0; i < 3000; i++)
        {
            index.Set(Ids.At(i, 1), new EntryLocation(i, 8));
        }

        Assert.Equal(used + 3000, index.Count);
        Assert.All(Enumerable.Range(0, used), i => Assert.True(index.Contains(Ids.At((uint)i))));
    }

    [Theory]
    [InlineData("index.1")]
    [InlineData("hints.1")]
    public void A_changed_byte_is_found_by_the_digest(string name)
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(1);
        byte[] content = repository[name];
        content[^1] ^= 1;
        repository[name] = content;
        Assert.Contains("digest of its part final", Reason(repository, name), StringComparison.Ordinal);
        repository.Remove("integrity.1");
        Load(repository, name);
    }

    [Fact]
    public void A_renamed_generation_is_not_taken_for_another_transaction()
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(1);
        foreach (string kind in (string[])["index", "hints", "integrity"])
        {
            repository.Rename($"{kind}.1", $"{kind}.7");
        }

        Assert.Throws<IndexCorruptException>(() => repository.Store.LoadIndex(7));
        Assert.Throws<HintsCorruptException>(() => repository.Store.LoadHints(7));
    }

    [Theory]
    [InlineData("""{"algorithm": "XXH64", "digests": {"final": "a9f077ebf6243b94"}}""", "HashHeader")]
    [InlineData("""{"algorithm": "XXH64", "digests": {"HashHeader": "1e7b5372ec4f7b80", "final": "a9f077ebf6243b95"}}""", "final")]
    [InlineData("""{"algorithm": "XXH64", "digests": {"HashHeader": "1e7b5372ec4f7b81", "final": "a9f077ebf6243b94"}}""", "HashHeader")]
    [InlineData("""{"algorithm": "XXH64", "digests": {"HashHeader": "1e7b5372ec4f7b80"}}""", "final")]
    [InlineData("""{"algorithm": "XXH64", "digests": {"HashHeader": 1, "final": 2}}""", "HashHeader")]
    [InlineData("""{"algorithm": "XXH64" """, "understood")]
    public void Digests_that_do_not_vouch_for_the_index_are_its_failure(string json, string reason)
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(1);
        WriteIntegrity(repository, version: 2, indexText: json);
        Assert.Contains(reason, Reason(repository, "index.1"), StringComparison.Ordinal);
        Assert.Empty(repository.Notices);
    }

    [Theory]
    [InlineData("""{"algorithm": "BLAKE9", "digests": {"final": "00"}}""", 2, "BLAKE9")]
    [InlineData("""{"algorithm": "XXH64", "digests": {"final": "00"}}""", 3, "version 3")]
    [InlineData(null, 2, "does not mention")]
    public void Integrity_data_of_another_kind_is_passed_over_with_a_warning(string? json, int version, string notice)
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(1);
        WriteIntegrity(repository, version, json);
        repository.Store.LoadIndex(1).Dispose();
        Assert.Contains(notice, Assert.Single(repository.Notices).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("c1")]
    [InlineData("676172626167650a")]
    public void Garbage_in_place_of_integrity_data_counts_as_none_with_a_warning(string hex)
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(1);
        repository["integrity.1"] = Convert.FromHexString(hex);
        repository.Store.LoadIndex(1).Dispose();
        repository.Store.LoadHints(1);
        Assert.Equal(2, repository.Notices.Count);
        repository["integrity.1"] = new byte[1 << 20];
        repository.Store.LoadIndex(1).Dispose();
        Assert.Equal(3, repository.Notices.Count);
    }

    [Fact]
    public void Hints_of_an_unknown_version_are_told_as_such()
    {
        IndexStoreFixture repository = Unverified(1);
        byte[] content = repository["hints.1"];
        content[9] = 3;
        repository["hints.1"] = content;
        Assert.Contains("version 3", Assert.Throws<HintsCorruptException>(() => repository.Store.LoadHints(1)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Superseded_puts_of_aborted_transactions_are_dropped()
    {
        IndexStoreFixture repository = new();
        SegmentUsage usage = new();
        usage.AddShadow(Ids.Ascii('a'), 5);
        usage.AddShadow(Ids.Ascii('a'), 6);
        usage.AddShadow(Ids.Ascii('b'), 9);
        usage.AddShadow(Ids.Ascii('c'), 1);
        usage.RemoveShadow(Ids.Ascii('c'), 1);
        using HashIndex index = new();
        repository.Store.Save(5, index, usage, WriteFormat.Borg14);
        SegmentUsage loaded = repository.Store.LoadHints(5);
        Assert.True(loaded.TryGetShadow(Ids.Ascii('a'), out ShadowedPuts list));
        Assert.Equal([5u], list.ToArray());
        Assert.False(loaded.TryGetShadow(Ids.Ascii('b'), out _));
        Assert.True(loaded.TryGetShadow(Ids.Ascii('c'), out list) && list.IsEmpty);
    }

    [Fact]
    public void Hints_that_drifted_from_what_is_on_the_disk_are_loaded_as_they_are()
    {
        IndexStoreFixture repository = new();
        SegmentUsage usage = new() { QuotaUse = -42 };
        usage.AddUse(77);
        usage.Track(78);
        usage.ReleaseUse(78);
        usage.SetFreeable(79, -1);
        using HashIndex index = new();
        repository.Store.Save(5, index, usage, WriteFormat.Borg14);
        SegmentUsage loaded = repository.Store.LoadHints(5);
        Assert.Equal(-42, loaded.QuotaUse);
        Assert.Equal([new(77, 1), new(78, -1)], loaded.UseCounts);
        Assert.Equal([new(79, -1)], loaded.Freeable);
    }

    private static IndexStoreFixture Unverified(uint transaction)
    {
        IndexStoreFixture repository = new();
        repository.SaveExample(transaction);
        repository.Remove($"integrity.{transaction}");
        return repository;
    }

    private static void WriteIntegrity(IndexStoreFixture repository, int version, string? indexText) =>
        repository["integrity.1"] = HintsContent.Packed((ref MessagePackWriter writer) =>
        {
            writer.OldSpec = true;
            writer.WriteMapHeader(indexText is null ? 1 : 2);
            writer.Write("version");
            writer.Write(version);
            if (indexText is not null)
            {
                writer.Write("index");
                writer.WriteString(Encoding.UTF8.GetBytes(indexText));
            }
        });

    private static string Reason(IndexStoreFixture repository, string name) => name == "index.1"
        ? Assert.Throws<IndexCorruptException>(() => repository.Store.LoadIndex(1)).Reason
        : Assert.Throws<HintsCorruptException>(() => repository.Store.LoadHints(1)).Reason;

    private static void Load(IndexStoreFixture repository, string name)
    {
        if (name == "index.1")
        {
            repository.Store.LoadIndex(1).Dispose();
        }
        else
        {
            repository.Store.LoadHints(1);
        }
    }
}
