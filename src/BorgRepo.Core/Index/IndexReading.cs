using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Index;

/// <summary>
/// Reads the buckets of an index file into the memory of a table; counts and sums them on the way. Copying goes on several
/// threads, the sum must take the blocks in their order:
/// 1. Each thread takes the next block that nobody has, and reads it.
/// 2. It then sums and counts all blocks that are there without a gap, unless another thread is doing that just now.
/// 3. When no block is left, and all threads have ended, the calling one does the rest.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="memory">The table; its header is there.</param>
/// <param name="digest">Sums the buckets; null if nothing vouches for them.</param>
internal sealed unsafe class IndexReading(IFile file, IndexMemory memory, FileDigest? digest)
{
    /// <summary>That of a large page: two threads that are the first to touch the same one wait for each other.</summary>
    private const int BlockSize = 2 << 20;

    /// <summary>Memory, not the processor, is what there is not more of.</summary>
    private const int MostThreads = 4;

    /// <summary>Blocks for each thread from which on it pays.</summary>
    private const int LeastBlocks = 4;

    private readonly long _length = IndexFormat.FileSize(memory.BucketCount);
    private readonly Lock _summing = new();
    private bool[] _isThere = [];
    private int _taken = -1;
    private int _summed;
    private long _counted;

    /// <summary>Used buckets.</summary>
    public int Used { get; private set; }

    /// <summary>EMPTY buckets.</summary>
    public int Empty { get; private set; }

    /// <summary>Reads all.</summary>
    /// <param name="workers">Threads at most.</param>
    /// <exception cref="InvalidDataException">The file became shorter, or a bucket is impossible.</exception>
    public void Run(int workers)
    {
        int blocks = (int)((_length + BlockSize - 1) / BlockSize);
        _isThere = new bool[blocks];
        int threads = Math.Clamp(Math.Min(workers, blocks / LeastBlocks), 1, MostThreads);
        if (threads == 1)
        {
            ReadBlocks();
        }
        else
        {
            try
            {
                Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => ReadBlocks());
            }
            catch (AggregateException errors)
            {
                // The first one is as good as any: they are all about the same file.
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
            }
        }

        SumWhatIsThere();
    }

    private void ReadBlocks()
    {
        try
        {
            for (int block; (block = Interlocked.Increment(ref _taken)) < _isThere.Length;)
            {
                Span<byte> bytes = BytesOf(block, out long offset);
                if (file.Read(bytes, offset) != bytes.Length)
                {
                    throw new InvalidDataException("it became shorter while it was read");
                }

                Volatile.Write(ref _isThere[block], true);
                if (_summing.TryEnter())
                {
                    try
                    {
                        SumWhatIsThere();
                    }
                    finally
                    {
                        _summing.Exit();
                    }
                }
            }
        }
        catch
        {
            // Nobody needs to read on.
            Volatile.Write(ref _taken, _isThere.Length);
            throw;
        }
    }

    private void SumWhatIsThere()
    {
        for (; _summed < _isThere.Length && Volatile.Read(ref _isThere[_summed]); _summed++)
        {
            Span<byte> bytes = BytesOf(_summed, out long offset);
            digest?.Append(bytes);
            CountUpTo(offset + bytes.Length);
        }
    }

    // Blocks end at multiples of their size in the file, so that each page of it is touched once.
    private Span<byte> BytesOf(int block, out long offset)
    {
        offset = Math.Max(IndexFormat.HeaderSize, (long)block * BlockSize);
        return memory.Slice(offset, (int)(Math.Min((block + 1L) * BlockSize, _length) - offset));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CountUpTo(long filledBytes)
    {
        int used = 0;
        int empty = 0;
        long complete = (filledBytes - IndexFormat.HeaderSize) / IndexFormat.BucketSize;
        byte* bucket = memory.Buckets + (_counted * IndexFormat.BucketSize);
        for (long i = _counted; i < complete; i++, bucket += IndexFormat.BucketSize)
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
                throw new InvalidDataException($"its bucket {i} holds the reserved segment number {segment}");
            }
        }

        _counted = complete;
        Used += used;
        Empty += empty;
    }
}
