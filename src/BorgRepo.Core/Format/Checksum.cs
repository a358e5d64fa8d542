using System.IO.Hashing;

namespace BorgRepo.Core.Format;

/// <summary>
/// The CRC-32 of log entries, by the fastest way that there is: <see cref="WideCrc"/> where the processor can do that, else the
/// library's. A running sum is this value itself.
/// </summary>
internal struct Checksum
{
    private readonly Crc32? _library;
    private uint _sum;

    /// <summary>Begins a running sum. The default value is none.</summary>
    public Checksum()
    {
        _library = WideCrc.IsSupported ? null : new Crc32();
    }

    /// <summary>The sum of all that was appended.</summary>
    public readonly uint Value => _library?.GetCurrentHashAsUInt32() ?? _sum;

    /// <summary>The sum of bytes that are all at hand.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) =>
        WideCrc.IsSupported ? WideCrc.Append(0, bytes) : Crc32.HashToUInt32(bytes);

    /// <summary>Goes on.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_library is null)
        {
            _sum = WideCrc.Append(_sum, bytes);
        }
        else
        {
            _library.Append(bytes);
        }
    }
}
