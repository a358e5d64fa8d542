using System.Runtime.InteropServices;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage.Platform;

namespace BorgRepo.Core.Index;

/// <summary>
/// The memory of one table: native, 64-bit sized, laid out byte for byte as the index file, so that a file is read into it
/// and written out of it without a second copy.
/// </summary>
/// <remarks>
/// Owned by the index, borrowed by the cursors that walk it. It is freed when the owner has disposed of it and the last
/// cursor has given it back; what they forget, their finalisers do.
/// </remarks>
internal sealed unsafe class IndexMemory : SafeHandle
{
    private const nuint PageSize = 4096;

    /// <summary>
    /// Buckets start at a page, not the header: lookups then straddle fewer cache lines, and the long reads and writes of
    /// the buckets go to page-aligned memory.
    /// </summary>
    private const nuint Lead = PageSize - IndexFormat.HeaderSize;

    /// <summary>From here on blocks have mappings of their own: the C library puts none of these on the heap that the process shares.</summary>
    private const nuint OwnMappingFrom = 33 << 20;

    /// <summary>Below this large pages do not pay.</summary>
    private const nuint LargePagesFrom = 4 << 20;

    private int _borrowers;

    /// <summary>Allocates memory for a table; its content is undefined.</summary>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public IndexMemory(int bucketCount)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        BucketCount = bucketCount;
        SetHandle((nint)NativeMemory.Alloc(AllocationSize(bucketCount)));
        Start = FirstByte(handle);
        AdviseLargePages();
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The byte that is the first one of the file.</summary>
    public byte* Start { get; private set; }

    /// <summary>The first bucket.</summary>
    public byte* Buckets => Start + IndexFormat.HeaderSize;

    /// <summary>Number of buckets.</summary>
    public int BucketCount { get; private set; }

    /// <summary>True while a cursor walks the block.</summary>
    public bool IsBorrowed => Volatile.Read(ref _borrowers) > 0;

    /// <summary>A part of the file's bytes.</summary>
    public Span<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, IndexFormat.FileSize(BucketCount));
        return new Span<byte>(Start + offset, length);
    }

    /// <summary>
    /// Changes the size and keeps the content that both sizes have. Large blocks are moved by the C library without copying
    /// where the system can remap pages, so that the old and the new table are never in memory together.
    /// </summary>
    /// <exception cref="OutOfMemoryException">There is not enough memory; nothing has changed.</exception>
    public void Resize(int bucketCount)
    {
        nint shift = (nint)Start - handle;
        long kept = IndexFormat.FileSize(Math.Min(bucketCount, BucketCount));
        SetHandle((nint)NativeMemory.Realloc((void*)handle, AllocationSize(bucketCount)));
        Start = FirstByte(handle);
        BucketCount = bucketCount;
        byte* moved = (byte*)(handle + shift);
        if (moved != Start)
        {
            // The new place is aligned differently. Both ranges lie in the new block: its size has the room to align.
            Buffer.MemoryCopy(moved, Start, kept, kept);
        }

        AdviseLargePages();
    }

    /// <summary>Keeps the memory alive for a cursor.</summary>
    public void Borrow()
    {
        bool added = false;
        DangerousAddRef(ref added);
        Interlocked.Increment(ref _borrowers);
    }

    /// <summary>Ends what <see cref="Borrow"/> began.</summary>
    public void GiveBack()
    {
        Interlocked.Decrement(ref _borrowers);
        DangerousRelease();
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }

    private void AdviseLargePages()
    {
        nuint length = AllocationSize(BucketCount);
        if (length >= OwnMappingFrom)
        {
            LargePages.Advise(handle, (nint)length);
        }
        else if (length >= LargePagesFrom)
        {
            // What lies beside it on the heap is none of our business; and tables of this size are copied when they grow.
            LargePages.AdviseWithin(handle, (nint)length);
        }
    }

    private static nuint AllocationSize(int bucketCount) => checked((nuint)IndexFormat.FileSize(bucketCount) + (2 * PageSize));

    private static byte* FirstByte(nint allocation)
    {
        nuint page = ((nuint)allocation + PageSize - 1) & ~(PageSize - 1);
        return (byte*)(page + Lead);
    }
}
