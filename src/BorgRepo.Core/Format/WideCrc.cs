using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BorgRepo.Core.Format;

/// <summary>
/// CRC-32 by carry-less multiplication of 256 bits at a time, twice as fast as the library's 128 on long values. A sum is the
/// remainder of a polynomial; 128 bits can be moved on by n bits, without changing the remainder, by multiplying their halves
/// with x^(n + 32) and x^(n - 32) modulo the generator. Four accumulators of two such lanes each swallow 128 bytes a round.
/// </summary>
/// <remarks>The constants are those powers, bits reflected and shifted by one, as the instruction wants them.</remarks>
internal static class WideCrc
{
    private const int Round = 128;
    private const int Lane = 16;
    private const int Wide = 32;

    private static readonly uint[] s_table = MakeTable();

    /// <summary>True if the processor can do this.</summary>
    public static bool IsSupported => Pclmulqdq.V256.IsSupported;

    /// <summary>Goes on with a sum.</summary>
    /// <param name="crc">Sum of what came before, 0 at the start.</param>
    /// <param name="bytes">What comes now.</param>
    // Compiled for good at once: hardly anything is as hot, and unoptimised it is a hundred times slower.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Round)
        {
            return AppendShort(crc, bytes);
        }

        // Bounds: each load begins at an offset that at least its own length of bytes follows. For the first four that is the
        // condition above, for the others that of their loop.
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        var by1024 = Vector256.Create(0x1e88ef372UL, 0x14a7fe880UL, 0x1e88ef372UL, 0x14a7fe880UL);
        var by256 = Vector256.Create(0x0f1da05aaUL, 0x15a546366UL, 0x0f1da05aaUL, 0x15a546366UL);
        var by128 = Vector128.Create(0x1751997d0UL, 0x0ccaa009eUL);
        Vector256<ulong> a = Load(ref start, 0) ^ Vector256.CreateScalar((ulong)~crc);
        Vector256<ulong> b = Load(ref start, Wide);
        Vector256<ulong> c = Load(ref start, 2 * Wide);
        Vector256<ulong> d = Load(ref start, 3 * Wide);
        int at = Round;
        for (; bytes.Length - at >= Round; at += Round)
        {
            a = Fold(a, by1024) ^ Load(ref start, at);
            b = Fold(b, by1024) ^ Load(ref start, at + Wide);
            c = Fold(c, by1024) ^ Load(ref start, at + (2 * Wide));
            d = Fold(d, by1024) ^ Load(ref start, at + (3 * Wide));
        }

        d ^= Fold(Fold(Fold(a, by256) ^ b, by256) ^ c, by256);
        for (; bytes.Length - at >= Wide; at += Wide)
        {
            d = Fold(d, by256) ^ Load(ref start, at);
        }

        Vector128<ulong> lane = Fold(d.GetLower(), by128) ^ d.GetUpper();
        if (bytes.Length - at >= Lane)
        {
            lane = Fold(lane, by128) ^ Vector128.LoadUnsafe(ref start, (nuint)at).AsUInt64();
            at += Lane;
        }

        return ~Finish(Reduce(lane), bytes[at..]);
    }

    /// <summary>A DELETE, or a PUT of few bytes: one lane is enough. Apart from the above, whose loop needs all registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static uint AppendShort(uint crc, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Lane)
        {
            return ~Finish(~crc, bytes);
        }

        // Bounds: as above, by the condition before the first load and that of the loop.
        ref byte start = ref MemoryMarshal.GetReference(bytes);
        var by128 = Vector128.Create(0x1751997d0UL, 0x0ccaa009eUL);
        Vector128<ulong> lane = Vector128.LoadUnsafe(ref start).AsUInt64() ^ Vector128.CreateScalar((ulong)~crc);
        int at = Lane;
        for (; bytes.Length - at >= Lane; at += Lane)
        {
            lane = Fold(lane, by128) ^ Vector128.LoadUnsafe(ref start, (nuint)at).AsUInt64();
        }

        return ~Finish(Reduce(lane), bytes[at..]);
    }

    private static Vector256<ulong> Load(ref byte start, int at) => Vector256.LoadUnsafe(ref start, (nuint)at).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Fold(Vector256<ulong> value, Vector256<ulong> by) =>
        Pclmulqdq.V256.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.V256.CarrylessMultiply(value, by, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> value, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, by, 0x11);

    /// <summary>128 bits to 64, then Barrett's reduction to the remainder of 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Reduce(Vector128<ulong> lane)
    {
        var low32 = Vector128.Create(0xFFFFFFFFUL, 0UL);
        var by64 = Vector128.Create(0x163cd6124UL, 0UL);
        var barrett = Vector128.Create(0x1db710641UL, 0x1f7011641UL);
        lane = Sse2.ShiftRightLogical128BitLane(lane, 8) ^ Pclmulqdq.CarrylessMultiply(lane, Vector128.Create(0UL, 0x0ccaa009eUL), 0x10);
        lane = Sse2.ShiftRightLogical128BitLane(lane, 4) ^ Pclmulqdq.CarrylessMultiply(lane & low32, by64, 0x00);
        Vector128<ulong> quotient = Pclmulqdq.CarrylessMultiply(lane & low32, barrett, 0x10) & low32;
        return (lane ^ Pclmulqdq.CarrylessMultiply(quotient, barrett, 0x00)).AsUInt32()[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Finish(uint state, ReadOnlySpan<byte> rest)
    {
        foreach (byte value in rest)
        {
            state = s_table[(byte)(state ^ value)] ^ (state >> 8);
        }

        return state;
    }

    private static uint[] MakeTable()
    {
        const uint Generator = 0xEDB88320;
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value >> 1) ^ (Generator & (uint)-(int)(value & 1));
            }

            table[i] = value;
        }

        return table;
    }
}
