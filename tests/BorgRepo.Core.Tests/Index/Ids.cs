using System.Buffers.Binary;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Tests.Index;

/// <summary>Object ids for tests.</summary>
internal static class Ids
{
    /// <summary>The id of 32 ASCII zeros but for its last byte: all of them begin their probe at the same bucket.</summary>
    public static ObjectId Ascii(char last)
    {
        byte[] bytes = new byte[ObjectId.Length];
        bytes.AsSpan().Fill((byte)'0');
        bytes[^1] = (byte)last;
        return new ObjectId(bytes);
    }

    /// <summary>An id by its first four bytes, which decide the bucket, and a number that tells it from others.</summary>
    public static ObjectId At(uint hashPrefix, uint number = 0)
    {
        byte[] bytes = new byte[ObjectId.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, hashPrefix);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(28), number);
        return new ObjectId(bytes);
    }

    /// <summary>Different ids in any amount, always the same ones for a seed.</summary>
    public static ObjectId[] Random(int seed, int count)
    {
        Random random = new(seed);
        HashSet<ObjectId> ids = [];
        byte[] bytes = new byte[ObjectId.Length];
        while (ids.Count < count)
        {
            random.NextBytes(bytes);
            ids.Add(new ObjectId(bytes));
        }

        return [.. ids];
    }
}
