using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Index;

/// <summary>Moves a table between its memory and a file, in blocks that are summed while they are in the processor's cache.</summary>
internal static unsafe class IndexFile
{
    private const int BlockSize = 1 << 20;

    /// <summary>Reads a file straight into the memory of a table, counts its buckets and verifies its digests.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">Its name without folder.</param>
    /// <param name="expected">What its integrity file says; null if nothing vouches for it.</param>
    /// <param name="contradiction">What contradicts itself in a table that borg would take as it is; null if nothing does.</param>
    /// <exception cref="InvalidDataException">It cannot be used; the message says why.</exception>
    public static HashIndex Read(IFile file, string name, ExpectedDigests? expected, out string? contradiction)
    {
        long length = file.Length;
        Span<byte> header = stackalloc byte[IndexFormat.HeaderSize];
        int headerLength = file.Read(header, 0);
        if (!IndexFormat.TryReadHeader(header[..headerLength], length, out int entryCount, out int bucketCount, out string? problem))
        {
            throw new InvalidDataException(problem);
        }

        using FileDigest? digest = expected is null ? null : new FileDigest(expected.Algorithm, name);
        digest?.Append(header);
        if (digest is not null)
        {
            expected!.Verify(IntegrityFormat.HeaderPart, digest.EndPart(IntegrityFormat.HeaderPart));
        }

        // The length of the file matched the header, so the memory that a hostile header asks for is there on the disk too.
        IndexMemory memory = new(bucketCount);
        try
        {
            header.CopyTo(memory.Slice(0, IndexFormat.HeaderSize));
            BucketCounts counts = ReadBuckets(file, memory, length, digest);
            if (counts.Used != entryCount)
            {
                throw new InvalidDataException($"its header states {entryCount} entries, it has {counts.Used}");
            }

            if (digest is not null)
            {
                expected!.Verify(IntegrityFormat.FinalPart, digest.EndPart(IntegrityFormat.FinalPart));
            }

            // Before the index may rebuild its table, which would move such a key to where it can be found.
            contradiction = digest is null ? FindUnreachable(memory, bucketCount) : null;
            return new HashIndex(memory, counts.Used, counts.Empty);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Writes the memory of a table to a file.</summary>
    /// <returns>The digests of the header and of the whole, if a digest was given.</returns>
    public static (string Header, string Final) Write(IFile file, HashIndex index, FileDigest? digest)
    {
        using DigestedFileWriter writer = new(file, digest);
        index.WriteHeader();
        writer.WriteThrough(index.Memory.Slice(0, IndexFormat.HeaderSize));
        string header = digest?.EndPart(IntegrityFormat.HeaderPart) ?? string.Empty;
        for (long offset = IndexFormat.HeaderSize; offset < index.FileSize;)
        {
            int count = BlockLength(offset, index.FileSize);
            writer.WriteThrough(index.Memory.Slice(offset, count));
            offset += count;
        }

        GC.KeepAlive(index);
        return (header, digest?.EndPart(IntegrityFormat.FinalPart) ?? string.Empty);
    }

    private static BucketCounts ReadBuckets(IFile file, IndexMemory memory, long length, FileDigest? digest)
    {
        BucketCounts counts = new(memory);
        for (long offset = IndexFormat.HeaderSize; offset < length;)
        {
            Span<byte> block = memory.Slice(offset, BlockLength(offset, length));
            if (file.Read(block, offset) != block.Length)
            {
                throw new InvalidDataException("it became shorter while it was read");
            }

            digest?.Append(block);
            offset += block.Length;
            counts.CountUpTo(offset);
        }

        return counts;
    }

    /// <summary>
    /// Looks for a key that stands where it cannot be found. Without a digest nothing else tells of a flipped bit in the four
    /// bytes that decide where a key belongs: the object would be listed but never found, and every later generation would
    /// hand the error on.
    /// </summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    /// <remarks>
    /// A key can be found if no EMPTY bucket lies between the one where its probe begins and its own. One pass, whatever the
    /// table looks like: a probe per key could take for ever in one that was made to do so.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static string? FindUnreachable(IndexMemory memory, int bucketCount)
    {
        BucketTable table = new(memory, bucketCount);
        long lastEmptyOfAll = bucketCount - 1L;
        while (lastEmptyOfAll >= 0 && !IsEmpty(memory, lastEmptyOfAll))
        {
            lastEmptyOfAll--;
        }

        long lastEmpty = -1;
        for (long i = 0; i < bucketCount; i++)
        {
            byte* bucket = memory.Buckets + (i * IndexFormat.BucketSize);
            uint segment = BucketTable.SegmentOf(bucket);
            if (segment == IndexFormat.EmptyMarker)
            {
                lastEmpty = i;
            }
            else if (segment != IndexFormat.DeletedMarker)
            {
                uint prefix = new ObjectId(new ReadOnlySpan<byte>(bucket, IndexFormat.KeySize)).HashPrefix;
                long home = (table.Home(prefix) - memory.Buckets) / IndexFormat.BucketSize;
                bool reachable = home <= i ? lastEmpty < home : lastEmpty < 0 && lastEmptyOfAll < home;
                if (!reachable)
                {
                    return $"the key in its bucket {i} cannot be found from bucket {home}, where it belongs";
                }
            }
        }

        GC.KeepAlive(memory);
        return null;
    }

    private static bool IsEmpty(IndexMemory memory, long bucket) =>
        BucketTable.SegmentOf(memory.Buckets + (bucket * IndexFormat.BucketSize)) == IndexFormat.EmptyMarker;

    // Blocks end at multiples of their size in the file, so that each page of it is touched once.
    private static int BlockLength(long offset, long length) => (int)Math.Min(BlockSize - (offset % BlockSize), length - offset);

    /// <summary>Counts buckets by their kind, as far as their bytes are there.</summary>
    private ref struct BucketCounts(IndexMemory memory)
    {
        private long _next;

        public int Used { get; private set; }

        public int Empty { get; private set; }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void CountUpTo(long filledBytes)
        {
            int used = 0;
            int empty = 0;
            long complete = (filledBytes - IndexFormat.HeaderSize) / IndexFormat.BucketSize;
            byte* bucket = memory.Buckets + (_next * IndexFormat.BucketSize);
            for (; _next < complete; _next++, bucket += IndexFormat.BucketSize)
            {
                uint segment = BucketTable.SegmentOf(bucket);
                if (segment <= IndexFormat.MaxSegment)
                {
                    used++;
                }
                else if (segment == IndexFormat.EmptyMarker)
                {
                    empty++;
                }
                else if (segment != IndexFormat.DeletedMarker)
                {
                    throw new InvalidDataException($"its bucket {_next} holds the reserved segment number {segment}");
                }
            }

            Used += used;
            Empty += empty;
        }
    }
}
