using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Sums of all prefixes of a file at a fixed distance. With them the checksum of any range costs the reading of at most two
/// short pieces, whatever its length: a damaged segment in which every byte looks like the start of a 20 MiB entry must not
/// cost a reading of 20 MiB for each. Pages that such pieces are in are kept, since neighbours ask for the same ones.
/// </summary>
/// <remarks>Not thread-safe. Memory: 4 bytes for each KiB of the file, and 256 KiB of pages.</remarks>
internal sealed class PrefixSums
{
    private const int Distance = 1024;
    private const int BlockSize = 256 * Distance;
    private const int PageSize = 4 * Distance;
    private const int PageBits = 6;

    private readonly IFile _file;
    private readonly uint[] _sums;
    private readonly CrcShift _shift = new(Math.Max(LogEntry.MaxEntrySize, Distance));
    private readonly byte[] _pages = new byte[PageSize << PageBits];
    private readonly long[] _pageNumbers = new long[1 << PageBits];

    /// <summary>Reads the file once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public PrefixSums(IFile file, long length, CancellationToken cancellationToken)
    {
        _file = file;
        Array.Fill(_pageNumbers, -1);
        _sums = new uint[(length / Distance) + 1];
        using AlignedBuffer block = new(BlockSize);
        Checksum running = new();
        int next = 1;
        for (long at = 0; at < length; at += BlockSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int got = file.Read(block.Span[..(int)Math.Min(BlockSize, length - at)], at);
            for (int start = 0; start + Distance <= got; start += Distance)
            {
                running.Append(block.Span.Slice(start, Distance));
                _sums[next++] = running.Value;
            }
        }
    }

    /// <summary>CRC-32 of a range of the file, at most the size of an entry long.</summary>
    public uint Sum(long start, int length) => _shift.Between(Prefix(start), Prefix(start + length), length);

    private uint Prefix(long length)
    {
        long known = length / Distance;
        int rest = (int)(length % Distance);
        return rest == 0 ? _sums[known] : _shift.Append(_sums[known], Checksum.Of(Piece(known * Distance, rest)), rest);
    }

    private ReadOnlySpan<byte> Piece(long start, int length)
    {
        long page = start / PageSize;

        // Spread, so that the start and the end of an entry of just so many pages do not drive each other out.
        int slot = (int)((uint)page * 2654435769u >> (32 - PageBits));
        Span<byte> bytes = _pages.AsSpan(slot * PageSize, PageSize);
        if (_pageNumbers[slot] != page)
        {
            _file.Read(bytes, page * PageSize);
            _pageNumbers[slot] = page;
        }

        return bytes.Slice((int)(start % PageSize), length);
    }
}
