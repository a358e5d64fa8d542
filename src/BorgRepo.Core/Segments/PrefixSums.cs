using System.IO.Hashing;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Sums of all prefixes of a file at a fixed distance. With them the checksum of any range costs the reading of at most two
/// short pieces, whatever its length: a damaged segment in which every byte looks like the start of a 20 MiB entry must not
/// cost a reading of 20 MiB for each.
/// </summary>
/// <remarks>Not thread-safe. Memory: 4 bytes for each KiB of the file.</remarks>
internal sealed class PrefixSums
{
    private const int Distance = 1024;
    private const int BlockSize = 256 * Distance;

    private readonly IFile _file;
    private readonly uint[] _sums;
    private readonly CrcShift _shift = new(Math.Max(LogEntry.MaxEntrySize, Distance));
    private readonly byte[] _piece = new byte[Distance];

    /// <summary>Reads the file once.</summary>
    public PrefixSums(IFile file, long length, CancellationToken cancellationToken)
    {
        _file = file;
        _sums = new uint[(length / Distance) + 1];
        using AlignedBuffer block = new(BlockSize);
        Crc32 running = new();
        int next = 1;
        for (long at = 0; at < length; at += BlockSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int got = file.Read(block.Span[..(int)Math.Min(BlockSize, length - at)], at);
            for (int start = 0; start + Distance <= got; start += Distance)
            {
                running.Append(block.Span.Slice(start, Distance));
                _sums[next++] = running.GetCurrentHashAsUInt32();
            }
        }
    }

    /// <summary>CRC-32 of a range of the file, at most the size of an entry long.</summary>
    public uint Sum(long start, int length) => _shift.Between(Prefix(start), Prefix(start + length), length);

    private uint Prefix(long length)
    {
        long known = length / Distance;
        int rest = (int)(length % Distance);
        if (rest == 0)
        {
            return _sums[known];
        }

        _file.Read(_piece.AsSpan(0, rest), known * Distance);
        return _shift.Append(_sums[known], Crc32.HashToUInt32(_piece.AsSpan(0, rest)), rest);
    }
}
