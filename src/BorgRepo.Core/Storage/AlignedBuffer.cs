using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BorgRepo.Core.Storage;

/// <summary>A buffer that begins at a page of memory.</summary>
/// <remarks>
/// The kernel copies to an address 16 bytes after a page start, which is where arrays and malloc put large blocks,
/// three times slower than to a page start. The memory is a slice of a pinned array rather than the C library's, so
/// that a span which outlives the buffer can never point to freed memory. The content is undefined at first.
/// </remarks>
public sealed class AlignedBuffer : IDisposable
{
    /// <summary>Size of the alignment.</summary>
    public const int PageSize = 4096;

    private readonly int _start;
    private byte[]? _array;

    /// <summary>Takes memory from the heap.</summary>
    public AlignedBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Array.MaxLength - PageSize);
        _array = GC.AllocateUninitializedArray<byte>(length + PageSize - 1, pinned: true);
        _start = (int)(-GetAddress(_array) & (PageSize - 1));
        Length = length;
    }

    /// <summary>Size in bytes.</summary>
    public int Length { get; }

    /// <summary>All of it.</summary>
    public Span<byte> Span => GetArray().AsSpan(_start, Length);

    /// <summary>All of it.</summary>
    public Memory<byte> Memory => GetArray().AsMemory(_start, Length);

    /// <summary>Gives the memory back; the buffer is unusable then.</summary>
    public void Dispose() => _array = null;

    private byte[] GetArray() => _array ?? throw new ObjectDisposedException(nameof(AlignedBuffer));

    // The array never moves, so its address stays true.
    private static unsafe long GetAddress(byte[] array) => (long)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
}
