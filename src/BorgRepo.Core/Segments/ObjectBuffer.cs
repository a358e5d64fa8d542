using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// A reusable, page-aligned buffer that values are read into: no allocation and no copy for each value.
/// </summary>
/// <remarks>Not thread-safe: one for each reading thread.</remarks>
public sealed class ObjectBuffer : IDisposable
{
    private const int LeastLength = 4096;

    private AlignedBuffer _memory = new(LeastLength);
    private int _valueStart;
    private int _valueLength;

    /// <summary>The value read last; valid until the next read into this buffer.</summary>
    public ReadOnlySpan<byte> Value => _memory.Span.Slice(_valueStart, _valueLength);

    /// <summary>The value read last, as memory; valid until the next read into this buffer.</summary>
    public ReadOnlyMemory<byte> ValueMemory => _memory.Memory.Slice(_valueStart, _valueLength);

    /// <summary>
    /// How many bytes a read should ask for before the size is known: values of one repository resemble each other, so a
    /// little more than the last one usually fetches header and value in one call.
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
        Guess = RoundUp(start + length);
    }

    private static int RoundUp(int length) => (length + LeastLength - 1) / LeastLength * LeastLength;
}
