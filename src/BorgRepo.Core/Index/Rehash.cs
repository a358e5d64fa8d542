using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Index;

/// <summary>Two ways to rebuild a table with another number of buckets, or the same one to drop its tombstones.</summary>
internal static unsafe class Rehash
{
    /// <summary>
    /// So many buckets ahead of the one at hand the new homes are asked for: they lie all over memory, and each would be
    /// waited for.
    /// </summary>
    private const int Ahead = 24;

    /// <summary>Puts the used buckets, in their order, into fresh memory. The result is byte for byte what borg builds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static IndexMemory Copied(in BucketTable source, int bucketCount)
    {
        IndexMemory memory = new(bucketCount);
        BucketTable target = new(memory);
        target.Clear();
        byte* end = source.At(source.BucketCount);
        byte* lastAhead = end - (Ahead * IndexFormat.BucketSize);
        for (byte* bucket = source.At(0); bucket != end; bucket += IndexFormat.BucketSize)
        {
            if (bucket < lastAhead)
            {
                // For unused ones too, for nothing: a branch that depends on the bucket costs more.
                target.Prefetch(BucketTable.HashPrefixOf(bucket + (Ahead * IndexFormat.BucketSize)));
            }

            if (BucketTable.IsUsed(bucket))
            {
                byte* place = target.Home(BucketTable.HashPrefixOf(bucket));
                while (BucketTable.SegmentOf(place) != IndexFormat.EmptyMarker)
                {
                    place = target.Next(place);
                }

                BucketTable.Copy(bucket, place);
            }
        }

        return memory;
    }

    /// <summary>
    /// Rebuilds inside one block, with one bit a bucket besides: for tables so large that two of them should not be in
    /// memory together. The order of colliding keys may differ from borg's; every key is where a probe finds it.
    /// </summary>
    /// <remarks>
    /// 1. Each used bucket is marked as waiting, each tombstone cleared; a block that grows is extended by fresh buckets.
    /// 2. A waiting entry is lifted out of its bucket, which becomes EMPTY, and probes by the new bucket count:
    ///    into an EMPTY bucket it is laid down, and the chain ends;
    ///    with a waiting entry it changes places, and that one goes on probing;
    ///    a bucket that is settled is passed over.
    /// 3. A settled bucket is never emptied again, and each entry passed only settled buckets: no probe meets an EMPTY
    ///    bucket before its key.
    /// 4. A block that shrinks is cut when the buckets behind its new end have been lifted out.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void InPlace(IndexMemory memory, int bucketCount)
    {
        int oldCount = memory.BucketCount;
        ulong[] waiting = new ulong[(oldCount + 63L) / 64];
        if (bucketCount > oldCount)
        {
            memory.Resize(bucketCount);
        }

        // The probes see the new number of buckets, the lifting out the old one.
        byte* first = memory.Buckets;
        BucketTable target = new(memory, bucketCount);
        if (bucketCount > oldCount)
        {
            target.Clear(oldCount);
        }

        for (long i = 0; i < oldCount; i++)
        {
            byte* bucket = first + (i * IndexFormat.BucketSize);
            if (BucketTable.IsUsed(bucket))
            {
                waiting[i >> 6] |= 1UL << (int)(i & 63);
            }
            else
            {
                BucketTable.Clear(bucket);
            }
        }

        byte* carried = stackalloc byte[IndexFormat.BucketSize];
        byte* displaced = stackalloc byte[IndexFormat.BucketSize];
        for (long i = 0; i < oldCount; i++)
        {
            if (i + Ahead < oldCount)
            {
                target.Prefetch(BucketTable.HashPrefixOf(first + ((i + Ahead) * IndexFormat.BucketSize)));
            }

            if (!TakeWaiting(waiting, i))
            {
                continue;
            }

            byte* bucket = first + (i * IndexFormat.BucketSize);
            BucketTable.Copy(bucket, carried);
            BucketTable.Clear(bucket);
            byte* place = target.Home(BucketTable.HashPrefixOf(carried));
            while (BucketTable.SegmentOf(place) != IndexFormat.EmptyMarker)
            {
                long position = target.PositionOf(place);
                if (position < oldCount && TakeWaiting(waiting, position))
                {
                    BucketTable.Copy(place, displaced);
                    BucketTable.Copy(carried, place);
                    BucketTable.Copy(displaced, carried);
                    place = target.Home(BucketTable.HashPrefixOf(carried));
                }
                else
                {
                    place = target.Next(place);
                }
            }

            BucketTable.Copy(carried, place);
        }

        if (bucketCount < oldCount)
        {
            memory.Resize(bucketCount);
        }
    }

    private static bool TakeWaiting(ulong[] waiting, long position)
    {
        ref ulong word = ref waiting[position >> 6];
        ulong bit = 1UL << (int)(position & 63);
        bool isWaiting = (word & bit) != 0;
        word &= ~bit;
        return isWaiting;
    }
}
