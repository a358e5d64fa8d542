using BorgRepo.Core.Segments;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;
using Xunit;

namespace BorgRepo.Core.Tests.Segments;

/// <summary>Whatever the bytes are, a salvage reads each of them a few times at most, and needs little memory. Bytes are counted, not seconds.</summary>
public sealed class SegmentSalvageBoundTests : IDisposable
{
    private const int MiB = 1024 * 1024;

    // Only there so that a mistake does not stop the whole run.
    private readonly CancellationTokenSource _hangGuard = new(TimeSpan.FromMinutes(5));

    public void Dispose() => _hangGuard.Dispose();

    [Fact]
    public void A_good_entry_behind_64_MiB_of_noise_is_found()
    {
        byte[] segment = new byte[64 * MiB];
        new Random(64).NextBytes(segment);
        SegmentScript.Magic.CopyTo(segment, 0);
        byte[] good = SegmentScript.Entries("""P(k1,"abc")""");
        good.CopyTo(segment, segment.Length - good.Length);
        CountingFileSystem files = new(new MemoryFileSystem().WriteAllBytes(SalvageScene.Path, segment));
        SalvageScene scene = new(segment, null, files, _hangGuard.Token);
        Assert.Equal(segment.Length - good.Length, Assert.Single(scene.KeptOffsets));
        Assert.Single(scene.Damage);
        Assert.InRange(files.BytesRead, segment.Length, 5L * segment.Length);
    }

    [Fact]
    public void A_segment_in_which_nearly_every_offset_claims_up_to_20_MiB_is_not_read_over_and_over()
    {
        // "1 0 0 0" makes three of four offsets a PUT by size and tag: of 16 MiB, 64 KiB and 256 bytes.
        byte[] segment = new byte[18 * MiB];
        SegmentScript.Magic.CopyTo(segment, 0);
        for (int i = 8; i < MiB / 2; i += 4)
        {
            segment[i] = 1;
        }

        byte[] good = SegmentScript.Entries("""P(k1,"abc")""");
        good.CopyTo(segment, segment.Length - good.Length);
        CountingFileSystem files = new(new MemoryFileSystem().WriteAllBytes(SalvageScene.Path, segment));
        SalvageScene scene = new(segment, null, files, _hangGuard.Token);
        Assert.Equal(segment.Length - good.Length, Assert.Single(scene.KeptOffsets));
        Assert.InRange(files.BytesRead, segment.Length, 5L * segment.Length);
    }

    [Fact]
    public void Many_damaged_headers_that_claim_the_same_bytes_do_not_each_cost_a_search_of_those()
    {
        // Each damaged PUT claims to end at the last entry, and the one before that is known to the index.
        const int count = 2000;
        const int stride = 41 + 41;
        byte[] known = SegmentScript.Entries("""P(k1,"known")""");
        byte[] last = SegmentScript.Entries("""P(k2,"last") C""");
        int lastOffset = 8 + (count * stride) + known.Length;
        List<byte> segment = [.. SegmentScript.Magic];
        for (int i = 0; i < count; i++)
        {
            byte[] damaged = SegmentScript.Entry(0, SegmentScript.Key(3).ToArray(), size: (uint)(lastOffset - segment.Count), checksum: 1);
            segment.AddRange(damaged);
            segment.AddRange(SegmentScript.Entry(1, SegmentScript.Key(4).ToArray()));
        }

        segment.AddRange(known);
        segment.AddRange(last);
        int asked = 0;
        SalvageScene scene = new([.. segment], (id, offset) =>
        {
            asked++;
            return id == SegmentScript.Key(1) && offset == lastOffset - known.Length;
        }, cancellationToken: _hangGuard.Token);
        Assert.Equal(count + 3, scene.Kept.Count);
        Assert.Equal(count, scene.Damage.Count);
        Assert.InRange(asked, 1, 2);
    }

    [Fact]
    public void Memory_does_not_grow_with_the_segment_but_for_four_bytes_a_KiB()
    {
        // Each collection in between, and other tests cause many, counts what was left of the thread's allocation window, up
        // to 8 KiB, as allocated. The least of some tries is what the salvage took.
        long small = Enumerable.Range(0, 5).Min(_ => AllocatedBy(2 * MiB));
        long large = Enumerable.Range(0, 5).Min(_ => AllocatedBy(34 * MiB));
        Assert.InRange(large - small, 0, (32 * MiB / 256) + (16 * 1024));
        Assert.InRange(small, 0, 1_000_000);
    }

    private long AllocatedBy(int length)
    {
        byte[] segment = new byte[length];
        new Random(length).NextBytes(segment);
        MemoryFileSystem files = new();
        files.WriteAllBytes("/s", segment);
        int found = 0;
        using SegmentSalvage salvage = new(files, new SegmentFile(1, "/s"), (_, _) => false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        salvage.Run(0, _ => found++, _ => found++, _hangGuard.Token);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(2, found);
        return allocated;
    }
}
