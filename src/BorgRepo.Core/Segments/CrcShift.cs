using System.Runtime.CompilerServices;

namespace BorgRepo.Core.Segments;

/// <summary>
/// Arithmetic of CRC-32 sums: from the sums of two prefixes of a file follows the sum of what lies between them, without
/// reading it. A sum is a polynomial over GF(2) modulo the generator; appending n bytes multiplies it by x^(8n).
/// Bits are stored reflected: the highest bit is the coefficient of x^0.
/// </summary>
internal sealed class CrcShift
{
    private const uint Generator = 0xEDB88320;
    private const uint One = 0x80000000;
    private const int LowBits = 10;
    private const int LowCount = 1 << LowBits;

    private readonly uint[] _low = new uint[LowCount];
    private readonly uint[] _high;

    /// <summary>Prepares factors for lengths up to a limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public CrcShift(int maxLength)
    {
        const uint byteFactor = One >> 8;
        _low[0] = One;
        for (int i = 1; i < LowCount; i++)
        {
            _low[i] = Multiply(_low[i - 1], byteFactor);
        }

        uint step = Multiply(_low[LowCount - 1], byteFactor);
        _high = new uint[(maxLength >> LowBits) + 1];
        _high[0] = One;
        for (int i = 1; i < _high.Length; i++)
        {
            _high[i] = Multiply(_high[i - 1], step);
        }
    }

    /// <summary>Sum of the bytes between two prefixes.</summary>
    /// <param name="before">Sum of the shorter prefix.</param>
    /// <param name="whole">Sum of the longer prefix.</param>
    /// <param name="length">How many bytes longer it is.</param>
    public uint Between(uint before, uint whole, int length) => whole ^ Shift(before, length);

    /// <summary>Sum of a prefix and bytes that follow it.</summary>
    /// <param name="before">Sum of the prefix.</param>
    /// <param name="rest">Sum of the bytes that follow.</param>
    /// <param name="length">How many they are.</param>
    public uint Append(uint before, uint rest, int length) => Shift(before, length) ^ rest;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Multiply(uint a, uint b)
    {
        uint product = 0;
        while (a != 0)
        {
            // The highest bit of a is its coefficient of x^0; each round the next power, so b is multiplied by x.
            product ^= b & (uint)((int)a >> 31);
            a <<= 1;
            b = (b >> 1) ^ (Generator & (uint)-(int)(b & 1));
        }

        return product;
    }

    private uint Shift(uint crc, int length)
    {
        uint factor = _low[length & (LowCount - 1)];
        int high = length >> LowBits;
        return Multiply(high == 0 ? factor : Multiply(factor, _high[high]), crc);
    }
}
