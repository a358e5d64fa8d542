using System.Buffers.Binary;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>What is found again in damaged segments, and what is not made up.</summary>
public sealed class SegmentSalvageTests
{
    [Fact]
    public void One_changed_bit_anywhere_costs_the_entry_it_is_in_and_no_other()
    {
        byte[] segment = SegmentScript.Segment("""P(k1,"abc") P(k2,"defgh") D(k1) P(k3,"ijklmno") P(k1,"p") C""");
        List<SegmentEntry> whole = SalvageScene.EntriesOf(segment);
        for (int bit = 0; bit < segment.Length * 8; bit++)
        {
            byte[] damaged = [.. segment];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            SalvageScene scene = new(damaged);
            long hit = bit / 8;
            Assert.Equal(whole.Where(entry => hit < entry.Offset || hit >= entry.Offset + entry.Size), scene.Kept);
            DamagedRange range = Assert.Single(scene.Damage);
            Assert.InRange(hit, range.Start, range.End - 1);
        }
    }

    [Fact]
    public void A_changed_size_that_ends_at_another_entry_hides_none_that_the_index_knows()
    {
        // All entries of 64 bytes: a size with the bit for 128 or 256 more ends exactly at a later entry.
        string value = new('v', 23);
        byte[] segment = SegmentScript.Segment(string.Concat(Enumerable.Range(1, 12).Select(n => $"P(k{n},\"{value}\") ")) + "C");
        List<SegmentEntry> whole = SalvageScene.EntriesOf(segment);
        HashSet<(ObjectId, uint)> known = [.. whole.Where(entry => entry.Tag == EntryTag.Put).Select(entry => (entry.Id, entry.Offset))];
        foreach (SegmentEntry victim in whole.Where(entry => entry.Tag == EntryTag.Put))
        {
            for (int bit = 0; bit < 32; bit++)
            {
                byte[] damaged = [.. segment];
                damaged[victim.Offset + 4 + (bit / 8)] ^= (byte)(1 << (bit % 8));
                SalvageScene scene = new(damaged, (id, offset) => known.Contains((id, offset)));
                Assert.Equal(whole.Where(entry => entry != victim), scene.Kept);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Entries_of_another_repository_inside_a_damaged_value_do_not_come_to_life(bool hasIndex)
    {
        byte[] nested = SegmentScript.Segment("""P(k1,"theirs") D(k2) P(k9,"theirs") C""");
        byte[] outer = SegmentScript.Put(SegmentScript.Key(2), nested);
        byte[] segment = [.. SegmentScript.Segment("""P(k1,"ours")"""), .. outer, .. SegmentScript.Entries("""P(k3,"ours") C""")];
        List<SegmentEntry> whole = SalvageScene.EntriesOf(segment);
        Assert.Equal(4, whole.Count);
        SegmentEntry victim = whole[1];
        bool IsKnown(ObjectId id, uint offset) => hasIndex && whole.Exists(entry => entry.Tag == EntryTag.Put && entry.Id == id && entry.Offset == offset);

        // Checksum, tag, key and every byte of the value; the size is a matter of its own.
        foreach (int position in Enumerable.Range(0, victim.Size).Where(position => position is < 4 or > 7))
        {
            byte[] damaged = [.. segment];
            damaged[victim.Offset + position] ^= 0x10;
            SalvageScene scene = new(damaged, IsKnown);
            Assert.Equal(whole.Where(entry => entry != victim), scene.Kept);
        }
    }

    [Fact]
    public void A_damaged_last_value_does_not_set_its_content_free_either()
    {
        byte[] nested = SegmentScript.Segment("""P(k1,"theirs") C""");
        byte[] segment = [.. SegmentScript.Magic, .. SegmentScript.Put(SegmentScript.Key(2), nested)];
        segment[20] ^= 1;
        SalvageScene scene = new(segment);
        Assert.Empty(scene.Kept);
        Assert.Equal(segment.Length, Assert.Single(scene.Damage).End);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(7)]
    [InlineData(3)]
    [InlineData(1)]
    public void A_wrong_or_cut_magic_is_one_damage_of_its_own(int length)
    {
        byte[] segment = length == 8 ? [.. "borg_SEG"u8, .. SegmentScript.Entries("""P(k1,"abc") C""")] : SegmentScript.Magic[..length];
        SalvageScene scene = new(segment);
        Assert.Equal(length == 8 ? 2 : 0, scene.Kept.Count);
        DamagedRange range = Assert.Single(scene.Damage);
        Assert.Equal((0L, (long)length), (range.Start, range.End));
        Assert.Equal(IntegrityKind.InvalidMagic, range.Cause.Kind);
    }

    [Fact]
    public void Zeros_behind_the_commit_are_one_damage_to_the_end()
    {
        byte[] good = SegmentScript.Segment("""P(k1,"abc") C""");
        SalvageScene scene = new([.. good, .. new byte[64 * 1024]]);
        Assert.Equal(2, scene.Kept.Count);
        DamagedRange range = Assert.Single(scene.Damage);
        Assert.Equal((good.Length, good.Length + 65536L, IntegrityKind.SizeTooSmall), (range.Start, range.End, range.Cause.Kind));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_garbage_between_random_entries_costs_no_entry(int seed)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        Random random = new(seed);
        List<byte> bytes = [.. SegmentScript.Magic];
        List<long> offsets = [];
        for (int i = 0; i < 200; i++)
        {
            if (random.Next(3) == 0)
            {
                byte[] garbage = new byte[random.Next(1, 300)];
                random.NextBytes(garbage);
                bytes.AddRange(garbage);
            }

            offsets.Add(bytes.Count);
            byte[] value = new byte[random.Next(0, 2000)];
            random.NextBytes(value);
            bytes.AddRange(random.Next(4) == 0 ? SegmentScript.Entry(1, SegmentScript.Key(i).ToArray()) : SegmentScript.Put(SegmentScript.Key(i), value));
        }

        SalvageScene scene = new([.. bytes]);
        Assert.Equal(offsets, scene.KeptOffsets);
        long covered = scene.Kept.Sum(entry => (long)entry.Size) + scene.Damage.Sum(range => range.End - range.Start);
        Assert.Equal(bytes.Count - 8, covered);
    }

    [Fact]
    public void An_entry_of_borg_2_is_told_from_damage_by_its_own_checksum_rule()
    {
        byte[] body = [.. SegmentScript.Key(5).ToArray(), .. new byte[8], .. "value"u8];
        byte[] entry = SegmentScript.Entry(3, body);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, System.IO.Hashing.Crc32.HashToUInt32(entry.AsSpan(4, 45)));
        SalvageScene scene = new([.. SegmentScript.Magic, .. entry, .. SegmentScript.Commit]);
        DamagedRange range = Assert.Single(scene.Damage);
        Assert.True(range.IsForeign);
        Assert.Equal(IntegrityKind.Put2Entry, range.Cause.Kind);
        Assert.Equal(SegmentScript.Key(5), range.Key);
        Assert.Single(scene.Kept);
    }
}
