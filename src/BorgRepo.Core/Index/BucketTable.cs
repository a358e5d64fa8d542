using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Index;

/// <summary>Probing and the raw access to the buckets of one block. Knows no counts and no limits.</summary>
/// <remarks>Its pointers are valid while <see cref="Memory"/> is kept alive by its owner or a borrower.</remarks>
internal readonly unsafe struct BucketTable
{
    private readonly byte* _first;
    private readonly byte* _end;
    private readonly ulong _multiplier;
    private readonly uint _bucketCount;

    public BucketTable(IndexMemory memory)
        : this(memory, memory.BucketCount)
    {
    }

    /// <summary>A table of fewer buckets than the block has room for.</summary>
    public BucketTable(IndexMemory memory, int bucketCount)
    {
        Memory = memory;
        _bucketCount = (uint)bucketCount;
        _first = memory.Buckets;
        _end = At(_bucketCount);
        _multiplier = MultiplierFor(_bucketCount);
    }

    public IndexMemory Memory { get; }

    public int BucketCount => (int)_bucketCount;

    public byte* At(long position) => _first + (position * IndexFormat.BucketSize);

    public long PositionOf(byte* bucket) => (bucket - _first) / IndexFormat.BucketSize;

    public byte* Next(byte* bucket)
    {
        bucket += IndexFormat.BucketSize;
        return bucket == _end ? _first : bucket;
    }

    /// <summary>The bucket where the probe of a key begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Home(uint hashPrefix) => At(Remainder(hashPrefix, _bucketCount, _multiplier));

    /// <summary>Brings the two cache lines where the probe of a key begins closer. Only a hint: it reads nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint hashPrefix)
    {
        if (Sse.IsSupported)
        {
            byte* bucket = Home(hashPrefix);
            Sse.Prefetch0(bucket);
            Sse.Prefetch0(bucket + IndexFormat.BucketSize - 1);
        }
    }

    /// <summary>
    /// The position of that bucket: the first four bytes of the key, as an unsigned number, modulo the number of buckets.
    /// </summary>
    public static long HomePosition(uint hashPrefix, uint bucketCount) =>
        Remainder(hashPrefix, bucketCount, MultiplierFor(bucketCount));

    /// <summary>The bucket of a key; null if it is not there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public byte* Find(in ObjectId id)
    {
        Vector256<byte> key = Load(id);
        byte* bucket = Home(id.HashPrefix);

        // One lap at most: a table of borg 1.0 may have no EMPTY bucket that would end the probe.
        for (uint left = _bucketCount; left != 0; left--)
        {
            uint segment = SegmentOf(bucket);
            if (segment == IndexFormat.EmptyMarker)
            {
                return null;
            }

            // A tombstone still shows the key of its former entry.
            if (Vector256.Load(bucket) == key && segment != IndexFormat.DeletedMarker)
            {
                return bucket;
            }

            bucket = Next(bucket);
        }

        return null;
    }

    /// <summary>The bucket of a key, or the one to put it: the first tombstone of its probe, else the EMPTY bucket at its end.</summary>
    /// <returns>Null if the key is not there and the table has neither.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public byte* FindOrPlace(in ObjectId id, out bool isThere)
    {
        Vector256<byte> key = Load(id);
        byte* tombstone = null;
        byte* bucket = Home(id.HashPrefix);
        for (uint left = _bucketCount; left != 0; left--)
        {
            uint segment = SegmentOf(bucket);
            if (segment == IndexFormat.EmptyMarker)
            {
                isThere = false;
                return tombstone == null ? bucket : tombstone;
            }

            if (segment == IndexFormat.DeletedMarker)
            {
                tombstone = tombstone == null ? bucket : tombstone;
            }
            else if (Vector256.Load(bucket) == key)
            {
                isThere = true;
                return bucket;
            }

            bucket = Next(bucket);
        }

        isThere = false;
        return tombstone;
    }

    /// <summary>Makes all buckets fresh: 32 zero bytes, ff ff ff ff, 00 00 00 00.</summary>
    public void Clear() => Clear(0);

    /// <summary>Makes the buckets from a position on fresh.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Clear(long from)
    {
        // Copies of the first ones, few enough to stay in the innermost cache, fill the rest.
        const int Pattern = 256;
        long pattern = Math.Min(from + Pattern, _bucketCount);
        for (long i = from; i < pattern; i++)
        {
            Clear(At(i));
        }

        byte* source = At(from);
        long step = (pattern - from) * IndexFormat.BucketSize;
        for (byte* target = At(pattern); target < _end; target += step)
        {
            long length = Math.Min(step, _end - target);
            Buffer.MemoryCopy(source, target, length, length);
        }
    }

    public static uint SegmentOf(byte* bucket) => LittleEndian(Unsafe.ReadUnaligned<uint>(bucket + IndexFormat.KeySize));

    public static bool IsUsed(byte* bucket) => SegmentOf(bucket) <= IndexFormat.MaxSegment;

    public static ObjectId IdOf(byte* bucket) => Unsafe.ReadUnaligned<ObjectId>(bucket);

    public static uint HashPrefixOf(byte* bucket) => LittleEndian(Unsafe.ReadUnaligned<uint>(bucket));

    public static EntryLocation LocationOf(byte* bucket) =>
        new(SegmentOf(bucket), LittleEndian(Unsafe.ReadUnaligned<uint>(bucket + IndexFormat.KeySize + sizeof(uint))));

    public static void SetId(byte* bucket, in ObjectId id) => Unsafe.WriteUnaligned(bucket, id);

    public static void SetLocation(byte* bucket, EntryLocation location)
    {
        Unsafe.WriteUnaligned(bucket + IndexFormat.KeySize, LittleEndian(location.Segment));
        Unsafe.WriteUnaligned(bucket + IndexFormat.KeySize + sizeof(uint), LittleEndian(location.Offset));
    }

    /// <summary>Makes a used bucket a tombstone. Key and offset stay, as borg leaves them.</summary>
    public static void Bury(byte* bucket) =>
        Unsafe.WriteUnaligned(bucket + IndexFormat.KeySize, LittleEndian(IndexFormat.DeletedMarker));

    public static void Clear(byte* bucket)
    {
        Unsafe.WriteUnaligned(bucket, default(ObjectId));
        SetLocation(bucket, new EntryLocation(IndexFormat.EmptyMarker, 0));
    }

    public static void Copy(byte* source, byte* target)
    {
        Vector256<byte> key = Vector256.Load(source);
        ulong value = Unsafe.ReadUnaligned<ulong>(source + IndexFormat.KeySize);
        key.Store(target);
        Unsafe.WriteUnaligned(target + IndexFormat.KeySize, value);
    }

    private static ulong MultiplierFor(uint bucketCount) => (ulong.MaxValue / bucketCount) + 1;

    /// <summary>
    /// The remainder by two multiplications, exact for every 32-bit dividend and divisor (Lemire, Kaser and Kurz, "Faster
    /// remainder by direct computation"): it shortens the chain of instructions before the cache miss.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Remainder(uint hashPrefix, uint bucketCount, ulong multiplier) =>
        (long)Math.BigMul(multiplier * hashPrefix, bucketCount, out _);

    private static uint LittleEndian(uint value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static Vector256<byte> Load(in ObjectId id) =>
        Vector256.LoadUnsafe(ref Unsafe.As<ObjectId, byte>(ref Unsafe.AsRef(in id)));
}
