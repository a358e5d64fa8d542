using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// A reusable, page-aligned buffer that values are read into: no allocation and no copy for each value.
/// </summary>
/// <remarks>Not thread-safe: one for each reading thread.</remarks>
public sealed class ObjectBuffer : IDisposable
{
    private const int LeastLength = 4096;
    private const int GuessGrain = 64;

    private AlignedBuffer _memory = new(LeastLength);
    private int _valueStart;
    private int _valueLength;
    private int _lastSize;

    /// <summary>The value read last; valid until the next read into this buffer.</summary>
    public ReadOnlySpan<byte> Value => _memory.Span.Slice(_valueStart, _valueLength);

    /// <summary>The value read last, as memory; valid until the next read into this buffer.</summary>
    public ReadOnlyMemory<byte> ValueMemory => _memory.Memory.Slice(_valueStart, _valueLength);

    /// <summary>
    /// How many bytes a read should ask for before the size is known. After two entries of nearly one size it is that size
    /// and a little more, which then fetches the next one in a single call; else it is one page, since copying a long value
    /// for nothing costs more than a second call.
    /// </summary>
    internal int Guess { get; private set; } = LeastLength;

    internal Span<byte> Bytes => _memory.Span;

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _memory.Dispose();

    /// <summary>Makes room for an entry; the first bytes are kept.</summary>
    internal void EnsureLength(int length, int keep)
    {
        if (_memory.Length >= length)
        {
            return;
        }

        AlignedBuffer larger = new(RoundUp(length));
        _memory.Span[..keep].CopyTo(larger.Span);
        _memory.Dispose();
        _memory = larger;
    }

    internal void SetValue(int start, int length)
    {
        _valueStart = start;
        _valueLength = length;
        int size = start + length;
        bool isAlike = Math.Abs(size - _lastSize) <= size / 16;
        Guess = isAlike ? RoundUp(Math.Max(size, _lastSize), GuessGrain) : LeastLength;
        _lastSize = size;
    }

    private static int RoundUp(int length, int grain = LeastLength) => (length + grain - 1) / grain * grain;
}
