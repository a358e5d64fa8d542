using System.Buffers.Binary;
using System.Security.Cryptography;

namespace BorgRepo.Benchmarks.Workloads;

/// <summary>64 MiB of noise, larger than a processor's share of cache; every value is a slice of it, so none has to be made.</summary>
internal static class DataPool
{
    /// <summary>Its length.</summary>
    public const int Length = 64 << 20;

    private static readonly Lazy<byte[]> s_bytes = new(Make);

    /// <summary>All of it.</summary>
    public static ReadOnlySpan<byte> Bytes => s_bytes.Value;

    /// <summary>The value of an object.</summary>
    /// <param name="workload">Tells its size.</param>
    /// <param name="number">The object.</param>
    /// <param name="generation">0 when it is put first, 1 when it is overwritten.</param>
    public static ReadOnlySpan<byte> ValueOf(Workload workload, int number, int generation)
    {
        int size = workload.SizeOf(number);
        ulong seed = ((ulong)number << 4) ^ (ulong)generation ^ 0xDA7A000000000000;
        return Bytes.Slice((int)(SplitMix.Mix(seed) % (ulong)(Length - size + 1)), size);
    }

    private static byte[] Make()
    {
        byte[] pool = GC.AllocateUninitializedArray<byte>(Length, pinned: true);
        Span<byte> input = stackalloc byte[12];
        "pool"u8.CopyTo(input);
        for (int j = 0; j < Length / SHA256.HashSizeInBytes; j++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(input[4..], j);
            SHA256.HashData(input, pool.AsSpan(j * SHA256.HashSizeInBytes));
        }

        return pool;
    }
}
