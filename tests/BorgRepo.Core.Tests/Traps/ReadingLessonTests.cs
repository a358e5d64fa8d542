using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Traps;

/// <summary>Reading damaged segments: reproducers of reports from the field.</summary>
public sealed class ReadingLessonTests
{
    private const string All = "k1=abc k2=def k3=ghi";

    [Fact]
    public void A_read_error_names_key_and_segment_and_offset_and_reason_and_hides_no_other_object()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Edit("data/0/0", content => content[52 + 41] ^= 0x10);
        using Repository session = repository.Open(SessionAccess.Read);
        IntegrityException error = Assert.Throws<IntegrityException>(() => session.Get(SegmentScript.Key(2)));
        Assert.Equal((IntegrityKind.ChecksumMismatch, 0u, 52L, SegmentScript.Key(2)), (error.Kind, error.Segment, error.Offset, error.Id));
        Assert.Contains(SegmentScript.Key(2).ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains("segment 0, offset 52", error.Message, StringComparison.Ordinal);
        Assert.Equal("abc"u8, session.Get(SegmentScript.Key(1)));
        Assert.Equal("ghi"u8, session.Get(SegmentScript.Key(3)));
    }

    [Fact]
    public void Any_flipped_bit_of_an_entry_gives_a_typed_error_and_never_another_value()
    {
        for (int bit = 0; bit < 44 * 8; bit++)
        {
            ScriptedRepository repository = ThreeObjects();
            repository.Edit("data/0/0", content => content[52 + (bit / 8)] ^= (byte)(1 << (bit % 8)));
            using Repository session = repository.Open(SessionAccess.Read);
            IntegrityException error = Assert.Throws<IntegrityException>(() => session.Get(SegmentScript.Key(2)));
            Assert.Equal((0u, 52L), (error.Segment, error.Offset));
        }
    }

    [Fact]
    public void With_a_wrong_magic_the_entries_are_still_readable_by_the_index_and_a_replay_names_the_segment()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Edit("data/0/0", content => content.AsSpan(0, 8).Clear());
        Assert.Equal(All, repository.Objects());
        repository.Delete("index.1");
        IntegrityException error = Assert.Throws<IntegrityException>(() => repository.Objects());
        Assert.Equal((IntegrityKind.InvalidMagic, 0u, 0L), (error.Kind, error.Segment, error.Offset));
    }

    [Fact]
    public void Zeros_behind_the_commit_end_a_scan_and_never_hang_it()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Write("data/0/1", [.. SegmentScript.Segment("C"), .. new byte[65536]]);
        // Not committed any more: the index belongs to no commit.
        using (Repository session = repository.Open(SessionAccess.ReadNoLock))
        {
            Assert.Throws<CheckNeededException>(() => session.Count);
        }

        repository.Write("data/0/1", SegmentScript.Segment("C")).Write("data/0/0", [.. repository.Read("data/0/0"), .. new byte[65536]]);
        using Repository reader = repository.Open(SessionAccess.Read);
        Assert.Equal(3, reader.Scan(cancellationToken: TestContext.Current.CancellationToken).Count());
    }

    [Fact]
    public void The_largest_value_is_stored_and_read_and_one_byte_more_is_refused_with_nothing_written()
    {
        ScriptedRepository repository = new();
        byte[] value = new byte[LogEntry.MaxValueSize + 1];
        new Random(4).NextBytes(value.AsSpan(0, 1000));
        using (Repository session = repository.Open())
        {
            ValueTooLargeException error = Assert.Throws<ValueTooLargeException>(() => session.Put(SegmentScript.Key(1), value));
            Assert.Equal(20_971_480, error.Length);
            Assert.Empty(repository.DataFiles());
            // The refusal dooms nothing.
            session.Put(SegmentScript.Key(2), value.AsSpan(1));
            session.CommitUncompacted();
        }

        using Repository reader = repository.Open(SessionAccess.Read);
        Assert.Equal(20_971_479, reader.Get(SegmentScript.Key(2)).Length);
        Assert.True(reader.Get(SegmentScript.Key(2)).AsSpan().SequenceEqual(value.AsSpan(1)));
        Assert.Equal(8 + 20_971_520, repository.Read("data/0/0").Length);
        Assert.Equal(1, reader.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(16)]
    public void A_last_segment_of_a_few_bytes_is_not_committed_and_no_error(int length)
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Write("data/0/2", SegmentScript.Segment("C")[..length]);
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(1u, session.TransactionId);
        Assert.Equal(All, ScriptedRepository.Describe(session));
    }

    [Fact]
    public void A_missing_segment_is_named_when_its_object_is_asked_for_and_others_are_read()
    {
        ScriptedRepository repository = ThreeObjects();
        using (Repository session = repository.Open())
        {
            session.Put(SegmentScript.Key(4), "jkl"u8);
            session.CommitUncompacted();
        }

        repository.Delete("data/0/0");
        using Repository reader = repository.Open(SessionAccess.Read);
        SegmentMissingException error = Assert.Throws<SegmentMissingException>(() => reader.Get(SegmentScript.Key(2)));
        Assert.Equal(0u, error.Segment);
        Assert.Equal("jkl"u8, reader.Get(SegmentScript.Key(4)));
    }

    [Fact]
    public void An_error_leaves_the_session_usable()
    {
        ScriptedRepository repository = ThreeObjects();
        repository.Edit("data/0/0", content => content[52 + 41] ^= 0x10);
        using (Repository session = repository.Open())
        {
            Assert.Throws<IntegrityException>(() => session.Get(SegmentScript.Key(2)));
            Assert.Throws<ObjectNotFoundException>(() => session.Delete(SegmentScript.Key(9)));
            Assert.Throws<ObjectNotFoundException>(() => session.Get(SegmentScript.Key(9)));
            // A damaged object can be replaced, and another one deleted.
            session.Put(SegmentScript.Key(2), "healed"u8);
            session.Delete(SegmentScript.Key(3));
            session.CommitUncompacted();
            Assert.Equal("k1=abc k2=healed", ScriptedRepository.Describe(session));
        }

        Assert.Equal("k1=abc k2=healed", repository.Objects());
    }

    private static ScriptedRepository ThreeObjects() => new ScriptedRepository().WithThreeObjects();
}
