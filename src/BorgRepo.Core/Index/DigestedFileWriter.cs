using System.Buffers;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Index;

/// <summary>Writes a file from its start, and sums the same bytes on their way, so that none is read again for its digest.</summary>
internal sealed class DigestedFileWriter(IFile file, FileDigest? digest) : IBufferWriter<byte>, IDisposable
{
    private const int BufferSize = 256 * 1024;
    private const int WriteBehindLength = 4 * 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _filled;
    private long _position;
    private WriteBehind _writeBehind = new(file, WriteBehindLength, BufferSize);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _filled);
        _filled += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer.Length - _filled < Math.Max(sizeHint, 1))
        {
            Flush();
            if (_buffer.Length < sizeHint)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = ArrayPool<byte>.Shared.Rent(sizeHint);
            }
        }

        return _buffer.AsMemory(_filled);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Writes bytes past the buffer, which must be empty.</summary>
    public void WriteThrough(ReadOnlySpan<byte> bytes)
    {
        digest?.Append(bytes);
        file.Write(bytes, _position);
        _position += bytes.Length;
        _writeBehind.WrittenUpTo(_position);
    }

    /// <summary>Writes what the buffer holds.</summary>
    public void Flush()
    {
        WriteThrough(_buffer.AsSpan(0, _filled));
        _filled = 0;
    }

    /// <summary>Gives the buffer back; what it still holds is dropped. The file stays open.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
