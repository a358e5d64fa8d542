using System.Buffers.Binary;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Index;

/// <summary>An index long enough for several threads: they find, write and refuse the same as one does.</summary>
public sealed class LargeIndexTests
{
    private const int Entries = 220_000;
    private const string Name = "/repo/index.5";

    private static readonly Lazy<ObjectId[]> s_ids = new(() => Ids.Random(seed: 17, Entries));
    private static readonly Lazy<(byte[] Index, byte[] Hints, byte[] Integrity)> s_saved = new(() => Save(workers: 1));

    [Fact]
    public void Any_number_of_threads_writes_the_same_bytes()
    {
        (byte[] index, byte[] hints, byte[] integrity) = Save(workers: 3);
        Assert.True(index.AsSpan().SequenceEqual(s_saved.Value.Index), "the index differs");
        Assert.Equal(s_saved.Value.Hints, hints);
        Assert.Equal(s_saved.Value.Integrity, integrity);
        Assert.InRange(index.Length, 17 << 20, 40 << 20);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Any_number_of_threads_reads_all_of_it(int workers)
    {
        using HashIndex index = Load(s_saved.Value.Index, workers);
        Assert.Equal(Entries, index.Count);
        for (int i = 0; i < Entries; i++)
        {
            Assert.True(index.TryGet(s_ids.Value[i], out EntryLocation location) && location == LocationOf(i), $"entry {i}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_flipped_bit_anywhere_is_found(int workers)
    {
        // In the header, at both ends of blocks, in the middle of one, in the last byte.
        int length = s_saved.Value.Index.Length;
        foreach (int at in (ReadOnlySpan<int>)[9, 18, (2 << 20) - 1, 2 << 20, 5_000_000, (16 << 20) + 7, length - 1])
        {
            byte[] damaged = [.. s_saved.Value.Index];
            damaged[at] ^= 0x10;
            Assert.Throws<IndexCorruptException>(() => Load(damaged, workers));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_reserved_segment_number_is_told_with_its_bucket(int workers)
    {
        const int Bucket = 300_001;
        byte[] damaged = [.. s_saved.Value.Index];
        BinaryPrimitives.WriteUInt32LittleEndian(damaged.AsSpan(IndexFormat.HeaderSize + (Bucket * IndexFormat.BucketSize) + 32), 0xfffffe00);
        IndexCorruptException error = Assert.Throws<IndexCorruptException>(() => Load(damaged, workers, withIntegrity: false));
        Assert.Contains("bucket 300001", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_file_that_becomes_shorter_meanwhile_is_damage_and_a_failing_disk_is_not(int workers)
    {
        Assert.Throws<IndexCorruptException>(() => Load(s_saved.Value.Index, workers, file => new EndingFile(file, 9 << 20, fails: false)));
        Assert.IsType<IOException>(Record.Exception(() => Load(s_saved.Value.Index, workers, file => new EndingFile(file, 9 << 20, fails: true))));
    }

    private static EntryLocation LocationOf(int number) => new((uint)number % 100, (uint)number);

    private static (byte[] Index, byte[] Hints, byte[] Integrity) Save(int workers)
    {
        MemoryFileSystem files = new();
        files.AddDirectory("/repo");
        using HashIndex index = new();
        for (int i = 0; i < Entries; i++)
        {
            index.Set(s_ids.Value[i], LocationOf(i));
        }

        new IndexStore(new RepositoryServices(files, new SimulatedEnvironment()), "/repo", workers).Save(5, index, new SegmentUsage(), WriteFormat.Borg14);
        return (files.ReadAllBytes(Name), files.ReadAllBytes("/repo/hints.5"), files.ReadAllBytes("/repo/integrity.5"));
    }

    private static HashIndex Load(byte[] content, int workers, Func<IFile, IFile>? wrap = null, bool withIntegrity = true)
    {
        MemoryFileSystem files = new();
        files.AddDirectory("/repo");
        files.WriteAllBytes(Name, content);
        if (withIntegrity)
        {
            files.WriteAllBytes("/repo/integrity.5", s_saved.Value.Integrity);
        }

        RepositoryServices services = new(new WrappingFileSystem(files, wrap ?? (file => file)), new SimulatedEnvironment());
        return new IndexStore(services, "/repo", workers).LoadIndex(5);
    }

    private sealed class WrappingFileSystem(IFileSystem inner, Func<IFile, IFile> wrap) : ForwardingFileSystem(inner)
    {
        public override IFile Open(string path, FileOpenKind kind) =>
            path == Name ? wrap(Inner.Open(path, kind)) : Inner.Open(path, kind);
    }

    /// <summary>Has no bytes from a place on, or cannot read them.</summary>
    private sealed class EndingFile(IFile inner, long end, bool fails) : ForwardingFile(inner)
    {
        public override int Read(Span<byte> buffer, long offset)
        {
            int got = Inner.Read(buffer, offset);
            return offset + got <= end ? got : fails ? throw new IOException("The disk failed.") : (int)Math.Max(0, end - offset);
        }
    }
}
