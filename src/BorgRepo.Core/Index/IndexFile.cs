using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Index;

/// <summary>Moves a table between its memory and a file, in blocks that are summed while they are in the processor's cache.</summary>
internal static unsafe class IndexFile
{
    private const int BlockSize = 1 << 20;

    /// <summary>Below this the sum takes less time than to call another thread.</summary>
    private const int SumApartFrom = 4 << 20;

    /// <summary>Reads a file straight into the memory of a table, counts its buckets and verifies its digests.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">Its name without folder.</param>
    /// <param name="expected">What its integrity file says; null if nothing vouches for it.</param>
    /// <param name="workers">Threads at most.</param>
    /// <param name="contradiction">What contradicts itself in a table that borg would take as it is; null if nothing does.</param>
    /// <exception cref="InvalidDataException">It cannot be used; the message says why.</exception>
    public static HashIndex Read(IFile file, string name, ExpectedDigests? expected, int workers, out string? contradiction)
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
            IndexReading reading = new(file, memory, digest);
            reading.Run(workers);
            if (reading.Used != entryCount)
            {
                throw new InvalidDataException($"its header states {entryCount} entries, it has {reading.Used}");
            }

            if (digest is not null)
            {
                expected!.Verify(IntegrityFormat.FinalPart, digest.EndPart(IntegrityFormat.FinalPart));
            }

            // Before the index may rebuild its table, which would move such a key to where it can be found.
            contradiction = digest is null ? FindUnreachable(memory, bucketCount) : null;
            return new HashIndex(memory, reading.Used, reading.Empty);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Writes the memory of a table to a file.</summary>
    /// <param name="file">The file, empty.</param>
    /// <param name="index">The index; nobody may change it meanwhile.</param>
    /// <param name="digest">Sums it; null if no digest is wanted.</param>
    /// <param name="workers">With two threads or more a large one is summed beside being written.</param>
    /// <returns>The digests of the header and of the whole, if a digest was given.</returns>
    public static (string Header, string Final) Write(IFile file, HashIndex index, FileDigest? digest, int workers)
    {
        index.WriteHeader();
        if (digest is null || workers == 1 || index.FileSize < SumApartFrom)
        {
            return Walk(index, digest, file);
        }

        Task<(string Header, string Final)> sum = Task.Run(() => Walk(index, digest, null));
        try
        {
            Walk(index, null, file);
        }
        finally
        {
            // Whatever became of the file: the memory must not be changed or freed under a thread that still reads it.
            sum.Wait();
        }

        return sum.Result;
    }

    /// <summary>Takes the blocks in their order: sums them if there is a digest, writes them if there is a file.</summary>
    private static (string Header, string Final) Walk(HashIndex index, FileDigest? digest, IFile? file)
    {
        using DigestedFileWriter? writer = file is null ? null : new(file, null);
        string header = string.Empty;
        for (long offset = 0; offset < index.FileSize;)
        {
            Span<byte> block = index.Memory.Slice(offset, BlockLength(offset, index.FileSize));
            digest?.Append(block);
            writer?.WriteThrough(block);
            if (offset == 0)
            {
                header = digest?.EndPart(IntegrityFormat.HeaderPart) ?? string.Empty;
            }

            offset += block.Length;
        }

        GC.KeepAlive(index);
        return (header, digest?.EndPart(IntegrityFormat.FinalPart) ?? string.Empty);
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

    // The header is a block of its own. The others end at multiples of their size in the file, so that each page of it is
    // touched once.
    private static int BlockLength(long offset, long length) =>
        offset == 0 ? IndexFormat.HeaderSize : (int)Math.Min(BlockSize - (offset % BlockSize), length - offset);
}
