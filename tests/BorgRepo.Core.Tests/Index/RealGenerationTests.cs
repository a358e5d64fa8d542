using System.Globalization;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Index;

/// <summary>Index, hints and integrity files that real borg wrote: read, and written again to the same bytes.</summary>
public sealed class RealGenerationTests
{
    private static readonly string[] Kinds = ["index", "hints", "integrity"];

    [Theory]
    [InlineData("borg-1.0.13-none", 8, 18, WriteFormat.Borg10)]
    [InlineData("hints-v1", 12, 23, WriteFormat.Borg10)]
    [InlineData("borg-1.2.4-repokey", 17, 18, WriteFormat.Borg14)]
    [InlineData("borg-1.4.5-none", 17, 18, WriteFormat.Borg14)]
    [InlineData("few-puts", 1, 3, WriteFormat.Borg14)]
    [InlineData("overwrites-deletes", 12, 23, WriteFormat.Borg14)]
    [InlineData("compacted", 21, 24, WriteFormat.Borg14)]
    [InlineData("many-objects", 6, 1200, WriteFormat.Borg14)]
    [InlineData("index-older", 12, 23, WriteFormat.Borg14)]
    public void They_are_read_and_written_again_byte_for_byte(string name, int transaction, int count, WriteFormat format)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        using TemporaryFolder target = new();
        TestServices services = new();
        IndexStore store = new(services.Services, vector.Path);
        Assert.Equal((uint)transaction, store.FindLatest());
        using HashIndex index = store.LoadIndex((uint)transaction);
        SegmentUsage usage = store.LoadHints((uint)transaction);
        Assert.Equal(count, index.Count);
        new IndexStore(services.Services, target.Path).Save((uint)transaction, index, usage, format);
        Assert.Empty(services.Notices);
        foreach (string kind in Kinds)
        {
            string file = string.Create(CultureInfo.InvariantCulture, $"{kind}.{transaction}");
            string original = Path.Combine(vector.Path, file);
            Assert.Equal(File.Exists(original), File.Exists(target.Combine(file)));
            if (File.Exists(original))
            {
                Assert.Equal(File.ReadAllBytes(original), File.ReadAllBytes(target.Combine(file)));
            }
        }
    }

    [Fact]
    public void Sha512_and_the_newer_msgpack_kinds_are_verified_and_read()
    {
        foreach (string name in (string[])["integrity-sha512", "hints-bin-types"])
        {
            using VectorRepository vector = VectorRepository.Unpack(name);
            TestServices services = new();
            IndexStore store = new(services.Services, vector.Path);
            using HashIndex index = store.LoadIndex(12);
            Assert.Equal(23, index.Count);
            Assert.Equal(13, store.LoadHints(12).UseCounts.Count);
            Assert.Empty(services.Notices);
        }

        // And a digest of that algorithm is held against the file, not passed over.
        using VectorRepository damaged = VectorRepository.Unpack("integrity-sha512");
        string hints = Path.Combine(damaged.Path, "hints.12");
        byte[] content = File.ReadAllBytes(hints);
        content[^1] ^= 1;
        File.WriteAllBytes(hints, content);
        Assert.Throws<HintsCorruptException>(() => new IndexStore(new TestServices().Services, damaged.Path).LoadHints(12));
    }

    [Theory]
    [InlineData("index-garbage", true, false)]
    [InlineData("index-garbage-no-integrity", true, false)]
    [InlineData("index-truncated", true, false)]
    [InlineData("hints-corrupted", false, true)]
    [InlineData("hints-garbage-no-integrity", false, true)]
    [InlineData("hints-missing", false, true)]
    [InlineData("hints-future-version", false, true)]
    [InlineData("integrity-mismatch", true, true)]
    [InlineData("hints-wrong-refcount", false, false)]
    [InlineData("integrity-missing", false, false)]
    [InlineData("integrity-unknown-algorithm", false, false)]
    [InlineData("integrity-unknown-version", false, false)]
    public void Damage_is_told_for_the_file_that_has_it(string name, bool indexIsDamaged, bool hintsAreDamaged)
    {
        using VectorRepository vector = VectorRepository.Unpack(name);
        IndexStore store = new(new TestServices().Services, vector.Path);
        uint transaction = store.FindLatest()!.Value;
        Exception? index = Record.Exception(() => store.LoadIndex(transaction).Dispose());
        Exception? hints = Record.Exception(() => store.LoadHints(transaction));
        Assert.Equal(indexIsDamaged, index is IndexCorruptException);
        Assert.Equal(hintsAreDamaged, hints is HintsCorruptException);
    }
}
