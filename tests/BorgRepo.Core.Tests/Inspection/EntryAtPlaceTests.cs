using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Inspection;

/// <summary>Entries of the log named by their place.</summary>
public sealed class EntryAtPlaceTests
{
    private const int PutSize = 9 + 32 + 3;

    [Fact]
    public void Every_entry_is_found_at_its_offset_and_none_in_between()
    {
        using Repository session = Replaced().Open(SessionAccess.Read);
        Assert.Equal(
            [(8L, EntryTag.Put, false), (52L, EntryTag.Put, true), (96L, EntryTag.Put, true), (140L, EntryTag.Delete, false), (181L, EntryTag.Commit, false)],
            Enumerable.Range(0, 250).Select(offset => Find(session, 0, offset)).OfType<EntryInfo>()
                .Select(entry => (entry.Offset, entry.Tag!.Value, entry.IsCurrent!.Value)));
        Assert.Null(Find(session, 0, -1));
        Assert.Null(Find(session, 0, long.MaxValue));
        Assert.Null(Find(session, 7, 8));
    }

    [Fact]
    public void A_superseded_value_is_read_where_it_stands_and_only_a_PUT_has_one()
    {
        using Repository session = Replaced().Open(SessionAccess.Read);
        Assert.Equal("abc"u8, Read(session, 0, 8)!);
        Assert.Equal("xyz"u8, Read(session, 0, 96)!);
        Assert.Equal("xyz"u8, session.Get(SegmentScript.Key(1)));
        Assert.Null(Read(session, 0, 140));
        Assert.Null(Read(session, 0, 181));
        Assert.Null(Read(session, 0, 9));
    }

    [Fact]
    public void Bytes_of_a_value_that_look_like_an_entry_are_none()
    {
        byte[] inner = SegmentScript.Put(SegmentScript.Key(9), "never stored"u8);
        ScriptedRepository repository = new();
        repository.Write("data/0/0", [.. SegmentScript.Magic, .. SegmentScript.Put(SegmentScript.Key(1), inner), .. SegmentScript.Commit]);
        using Repository session = repository.Open(SessionAccess.Read);
        Assert.Equal(inner, Read(session, 0, 8));
        Assert.Null(Find(session, 0, 8 + 41));
        Assert.Null(Read(session, 0, 8 + 41));
    }

    [Fact]
    public void Behind_damage_entries_are_still_found_and_the_damage_itself_by_its_start()
    {
        ScriptedRepository repository = Replaced();
        Assert.Equal("k1=xyz k2=def", repository.Objects());
        repository.Edit("data/0/0", content => content[52 + 7] = 0xff);
        using Repository session = repository.Open(SessionAccess.ReadNoLock);
        Assert.Equal(EntryTag.Put, Find(session, 0, 8)!.Tag);
        EntryInfo damage = Find(session, 0, 52)!;
        Assert.Equal((null, PutSize), (damage.Tag, (int)damage.Size));
        Assert.Equal(SegmentScript.Key(1), Find(session, 0, 96)!.Id);
        Assert.Null(Read(session, 0, 52));
    }

    [Fact]
    public void A_damaged_value_is_an_error_that_names_its_place()
    {
        ScriptedRepository repository = Replaced();
        repository.Edit("data/0/0", content => content[8 + 42] ^= 1);
        using Repository session = repository.Open(SessionAccess.ReadNoLock);
        IntegrityException error = Assert.Throws<IntegrityException>(() => Read(session, 0, 8));
        Assert.Equal((IntegrityKind.ChecksumMismatch, 0u, 8L), (error.Kind, error.Segment, error.Offset));
    }

    [Fact]
    public void What_a_transaction_under_way_has_written_is_found_too()
    {
        using Repository session = Replaced().Open(SessionAccess.Write);
        session.Put(SegmentScript.Key(5), "not committed"u8);
        EntryLocation place = session.Find(SegmentScript.Key(5)).Location;
        Assert.True(session.ContainsSegment(place.Segment));
        Assert.True(Find(session, place.Segment, place.Offset)!.IsCurrent);
        Assert.Equal("not committed"u8, Read(session, place.Segment, place.Offset)!);
        session.Rollback();
    }

    [Fact]
    public void One_segment_is_described_as_in_the_list_of_all()
    {
        ScriptedRepository repository = Replaced().Segment(2, """P(k7,"ghi") C""");
        using Repository session = repository.Open(SessionAccess.Read);
        CancellationToken token = TestContext.Current.CancellationToken;
        Assert.Equal(session.GetSegments(cancellationToken: token), [session.FindSegment(0, token)!, session.FindSegment(2, token)!]);
        Assert.Equal(session.GetEntries(cancellationToken: token), [.. session.GetEntries(0, token), .. session.GetEntries(2, token)]);
        Assert.Null(session.FindSegment(1, token));
        Assert.Empty(session.GetEntries(1, token));
    }

    private static ScriptedRepository Replaced() => new ScriptedRepository().Segment(0, """P(k1,"abc") P(k2,"def") P(k1,"xyz") D(k3) C""");

    private static EntryInfo? Find(Repository session, uint segment, long offset) =>
        session.FindEntry(segment, offset, TestContext.Current.CancellationToken);

    private static byte[]? Read(Repository session, uint segment, long offset) =>
        session.ReadEntryValue(segment, offset, TestContext.Current.CancellationToken);
}
