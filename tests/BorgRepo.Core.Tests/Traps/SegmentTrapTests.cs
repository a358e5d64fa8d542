using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>Traps of the format (README.md beside this file) about the bytes of segments, numbered as there.</summary>
public sealed class SegmentTrapTests
{
    private const string CommitBytes = "40f43c250900000002";

    [Fact]
    public void Trap_01_a_size_with_the_highest_bit_set_is_too_big_and_not_negative()
    {
        IntegrityException error = ErrorOfDamagedK2(entry => entry[7] = 0x80);
        Assert.Equal(IntegrityKind.SizeTooBig, error.Kind);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void Trap_01_the_checksum_covers_size_and_tag(int changedByte)
    {
        // The size one byte smaller, or the tag of a DELETE: both plausible, only the checksum tells.
        IntegrityException error = ErrorOfDamagedK2(entry => entry[changedByte] ^= 1);
        Assert.Equal(IntegrityKind.ChecksumMismatch, error.Kind);
    }

    [Theory]
    [InlineData(0xFFFFFFFF, IntegrityKind.SizeTooBig)]
    [InlineData(20971521u, IntegrityKind.SizeTooBig)]
    [InlineData(20971520u, IntegrityKind.ShortData)]
    [InlineData(40u, IntegrityKind.SizeTooSmall)]
    [InlineData(8u, IntegrityKind.SizeTooSmall)]
    [InlineData(0u, IntegrityKind.SizeTooSmall)]
    public void Trap_02_sizes_are_tested_before_anything_is_read_or_allocated(uint size, IntegrityKind expected)
    {
        ScriptedRepository repository = Damaged(entry => BitConverter.TryWriteBytes(entry.AsSpan(4), size));
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(3, session.Count);
        long before = GC.GetAllocatedBytesForCurrentThread();
        IntegrityException error = Assert.Throws<IntegrityException>(() => session.Get(SegmentScript.Key(2)));
        Assert.Equal(expected, error.Kind);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData(0, 9u, IntegrityKind.SizeTooSmall)]
    [InlineData(0, 40u, IntegrityKind.SizeTooSmall)]
    [InlineData(1, 40u, IntegrityKind.SizeMismatch)]
    [InlineData(1, 42u, IntegrityKind.SizeMismatch)]
    [InlineData(2, 10u, IntegrityKind.SizeMismatch)]
    public void Trap_02_while_replaying_each_tag_has_its_own_legal_sizes(byte tag, uint size, IntegrityKind expected)
    {
        byte[] entry = SegmentScript.Entry(tag, new byte[size - 9]);
        ScriptedRepository repository = new ScriptedRepository()
            .Write("data/0/0", [.. SegmentScript.Magic, .. entry])
            .Segment(1, "C");
        using Repository session = repository.Open(SessionAccess.Read);
        IntegrityException error = Assert.Throws<IntegrityException>(() => session.Count);
        Assert.Equal((expected, 0u, 8L), (error.Kind, error.Segment, error.Offset));
    }

    [Fact]
    public void Trap_03_a_scan_goes_on_where_it_was_although_its_reader_reads_other_objects_meanwhile()
    {
        ScriptedRepository repository = new(segmentsPerDirectory: 5, maxSegmentSize: 60);
        const int Count = 700;
        using (Repository writer = repository.Open())
        {
            for (int i = 1; i <= Count; i++)
            {
                writer.Put(SegmentScript.Key(i), BitConverter.GetBytes(i));
            }

            writer.CommitUncompacted();
        }

        using Repository session = repository.Open(SessionAccess.Read);
        List<ObjectId> scanned = [];
        foreach (ObjectInfo info in session.Scan(cancellationToken: TestContext.Current.CancellationToken))
        {
            scanned.Add(info.Id);
            // From the other end, and more segments than handles are kept open.
            int other = Count + 1 - scanned.Count;
            Assert.Equal(BitConverter.GetBytes(other), session.Get(SegmentScript.Key(other)));
        }

        Assert.Equal(Enumerable.Range(1, Count).Select(SegmentScript.Key), scanned);
    }

    [Fact]
    public void Trap_04_no_bytes_left_is_the_end_but_one_to_eight_are_an_error()
    {
        Assert.Equal("k1=abc", new ScriptedRepository().Segment(0, "P(k1,\"abc\")").Segment(1, "C").Objects());
        for (int count = 1; count <= 8; count++)
        {
            ScriptedRepository repository = new ScriptedRepository()
                .Write("data/0/0", [.. SegmentScript.Segment("P(k1,\"abc\")"), .. new byte[count]])
                .Segment(1, "C");
            using Repository session = repository.Open(SessionAccess.Read);
            IntegrityException error = Assert.Throws<IntegrityException>(() => session.Count);
            Assert.Equal((IntegrityKind.ShortHeader, 0u, 52L), (error.Kind, error.Segment, error.Offset));
        }
    }

    [Fact]
    public void Trap_05_a_segment_that_is_exactly_full_takes_one_more_entry_and_only_then_is_closed()
    {
        // Magic and two entries of 46 bytes are 100 bytes: not more than the limit.
        ScriptedRepository repository = new(maxSegmentSize: 100);
        using Repository session = repository.Open();
        for (int i = 1; i <= 4; i++)
        {
            session.Put(SegmentScript.Key(i), "12345"u8);
        }

        session.CommitUncompacted();
        Assert.Equal(SegmentScript.Segment("P(k1,\"12345\")P(k2,\"12345\")P(k3,\"12345\")"), repository.Read("data/0/0"));
        Assert.Equal(SegmentScript.Segment("P(k4,\"12345\")"), repository.Read("data/0/1"));
        Assert.Equal(SegmentScript.Segment("C"), repository.Read("data/0/2"));
    }

    [Fact]
    public void Trap_06_transaction_and_segment_and_offset_zero_are_values_and_not_nothing()
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, "P(k1,\"abc\") C");
        using (Repository session = repository.Open())
        {
            Assert.Equal(0u, session.TransactionId);
            Assert.Equal(new EntryLocation(0, 8), session.Find(SegmentScript.Key(1)).Location);
            session.Put(SegmentScript.Key(2), "def"u8);
            Assert.Equal(2u, session.CommitUncompacted());
        }

        Assert.Equal(SegmentScript.Segment("P(k1,\"abc\") C"), repository.Read("data/0/0"));
        Assert.Equal("k1=abc k2=def", repository.Objects());
    }

    [Fact]
    public void Trap_07_segments_come_in_the_order_of_their_numbers_not_of_their_names()
    {
        ScriptedRepository repository = new(segmentsPerDirectory: 3);
        for (uint number = 0; number <= 35; number++)
        {
            repository.Segment(number, $"P(k1,\"{number}\")");
        }

        repository.Segment(36, "C");
        Assert.Equal("k1=35", repository.Objects());
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(36u, session.TransactionId);
    }

    [Fact]
    public void Trap_07_names_that_are_no_numbers_are_ignored_and_left_alone()
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        string[] strangers =
            ["data/0/2.tmp", "data/0/1.beforerecover", "data/0/.nfs0001", "data/lost+found/9", "data/README", "data/0/7/inner", "data/77", "data/0/-3"];
        foreach (string name in strangers)
        {
            repository.Write(name, "no segment"u8.ToArray());
        }

        using (Repository session = repository.Open())
        {
            Assert.Equal("k1=abc k2=def k3=ghi", ScriptedRepository.Describe(session));
            session.Put(SegmentScript.Key(4), "jkl"u8);
            Assert.Equal(3u, session.CommitUncompacted());
        }

        Assert.All(strangers, name => Assert.Equal("no segment"u8.ToArray(), repository.Read(name)));
        Assert.Equal("k1=abc k2=def k3=ghi k4=jkl", repository.Objects());
    }

    [Theory]
    [InlineData("data/0/0042", "data/0/0042", "data/0/42")]
    [InlineData("data/00/42", "data/00", "data/0")]
    [InlineData("data/7/42", "data/7/42", "data/0/42")]
    public void Trap_07_a_number_in_the_wrong_place_is_named_and_not_read(string name, string found, string place)
    {
        ScriptedRepository repository = new ScriptedRepository().WithThreeObjects();
        repository.Write(name, SegmentScript.Segment("D(k1) C"));
        MisplacedSegmentException error = Assert.Throws<MisplacedSegmentException>(() => repository.Objects());
        Assert.EndsWith(found, error.Path.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.EndsWith(place, error.ExpectedPath.Replace('\\', '/'), StringComparison.Ordinal);
    }

    [Fact]
    public void Trap_08_overwriting_writes_a_delete_before_the_new_put_in_the_same_and_in_a_later_transaction()
    {
        ScriptedRepository repository = new();
        using Repository session = repository.Open();
        session.Put(SegmentScript.Key(1), "abc"u8);
        session.Put(SegmentScript.Key(1), "def"u8);
        session.CommitUncompacted();
        session.Put(SegmentScript.Key(1), "ghi"u8);
        session.CommitUncompacted();
        Assert.Equal(SegmentScript.Segment("P(k1,\"abc\") D(k1) P(k1,\"def\")"), repository.Read("data/0/0"));
        Assert.Equal(SegmentScript.Segment("D(k1) P(k1,\"ghi\")"), repository.Read("data/0/2"));
    }

    [Fact]
    public void Trap_09_a_value_that_ends_with_the_bytes_of_a_commit_commits_nothing()
    {
        byte[] value = Convert.FromHexString("616263" + CommitBytes);
        ScriptedRepository repository = new ScriptedRepository().Segment(0, "P(k1,\"abc\") C")
            .Write("data/0/1", [.. SegmentScript.Magic, .. SegmentScript.Put(SegmentScript.Key(2), value)]);
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(0u, session.TransactionId);
        Assert.False(session.Contains(SegmentScript.Key(2)));
    }

    [Theory]
    [InlineData("C", true)]
    [InlineData("P(k2,\"x\") C", true)]
    [InlineData("P(k2,\"x\") C C", true)]
    [InlineData("P(k2,\"x\") C P(k3,\"y\")", false)]
    [InlineData("P(k2,\"x\") C P(k3,\"y\") C", false)]
    [InlineData("P(k2,\"x\") C D(k1)", false)]
    [InlineData("P(k2,\"x\")", false)]
    [InlineData("", false)]
    [InlineData("X(00) C", false)]
    [InlineData("C X(00)", false)]
    public void Trap_09_only_a_sound_segment_without_entries_behind_its_commit_is_committed(string script, bool committed)
    {
        ScriptedRepository repository = new ScriptedRepository().Segment(0, "P(k1,\"abc\") C").Segment(1, script);
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(committed ? 1u : 0u, session.TransactionId);
        Assert.Equal(committed && script.Contains("k2", StringComparison.Ordinal), session.Contains(SegmentScript.Key(2)));
        Assert.Equal("abc"u8, session.Get(SegmentScript.Key(1)));
    }

    private static IntegrityException ErrorOfDamagedK2(Action<byte[]> change)
    {
        using Repository session = Damaged(change).Open(SessionAccess.Read);
        Assert.Equal("abc"u8, session.Get(SegmentScript.Key(1)));
        IntegrityException error = Assert.Throws<IntegrityException>(() => session.Get(SegmentScript.Key(2)));
        Assert.Equal((0u, 52L, SegmentScript.Key(2)), (error.Segment, error.Offset, error.Id));
        Assert.Equal("ghi"u8, session.Get(SegmentScript.Key(3)));
        return error;
    }

    /// <summary>k1, k2, k3 of 44 bytes each; the bytes of k2's entry are changed after the index was saved.</summary>
    private static ScriptedRepository Damaged(Action<byte[]> change) =>
        new ScriptedRepository().WithThreeObjects().Edit("data/0/0", content =>
        {
            byte[] entry = content[52..96];
            change(entry);
            entry.CopyTo(content, 52);
        });
}
