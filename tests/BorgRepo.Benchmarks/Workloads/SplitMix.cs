using System.Buffers.Binary;
using System.Security.Cryptography;
using BorgRepo.Core.Format;

namespace BorgRepo.Benchmarks.Workloads;

/// <summary>The two functions that make every workload the same everywhere (docs/workloads.md, "Determinism").</summary>
internal static class SplitMix
{
    /// <summary>One step of splitmix64. All of it wraps.</summary>
    public static ulong Mix(ulong value)
    {
        unchecked
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }

    /// <summary>The key of an object: the SHA-256 of its number.</summary>
    public static ObjectId Key(long number)
    {
        Span<byte> input = stackalloc byte[sizeof(long)];
        Span<byte> key = stackalloc byte[ObjectId.Length];
        BinaryPrimitives.WriteInt64LittleEndian(input, number);
        SHA256.HashData(input, key);
        return new ObjectId(key);
    }

    /// <summary>The keys of objects drawn at random.</summary>
    /// <param name="salt">Tells one series from another.</param>
    /// <param name="count">How many.</param>
    /// <param name="below">Object numbers are below this.</param>
    public static ObjectId[] RandomKeys(ulong salt, int count, int below)
    {
        ObjectId[] keys = new ObjectId[count];
        for (int k = 0; k < count; k++)
        {
            keys[k] = Key((long)(Mix(salt ^ (ulong)k) % (ulong)below));
        }

        return keys;
    }
}
