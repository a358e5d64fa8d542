using System.Buffers.Binary;
using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Simulation;
using CsCheck;
using Xunit;

namespace BorgRepo.Core.Tests.Index;

/// <summary>
/// An index loaded from a table as old releases leave them, full of tombstones and without an EMPTY bucket, against a
/// dictionary: few keys, most of them at the same buckets, most operations removals. A failing case is shrunk.
/// </summary>
public sealed class HashIndexPropertyTests(ITestOutputHelper output)
{
    private const string Folder = "/repo";
    private const int ShortCases = 400;
    private const int Keys = 48;

    private static readonly Gen<(int Kind, int Key)> s_operation = Gen.Select(Gen.Int[0, 9], Gen.Int[0, Keys - 1]);

    // What each bucket holds: below 0 nothing, else a key. How many buckets there are, and whether unused ones are EMPTY.
    private static readonly Gen<(int[] Buckets, bool HasEmpty)> s_table = Gen.Select(Gen.Int[-2, Keys - 1].Array[1, 60], Gen.Bool);

    private long _operations;

    [Fact]
    public void It_answers_as_a_dictionary_does()
    {
        for (uint i = 0; i < ShortCases; i++)
        {
            Run(1, -1, new PCG(i, i).ToString());
        }

        output.WriteLine($"{_operations} operations");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Many_tables_answer_as_dictionaries_do()
    {
        Run(-1, (int)Math.Ceiling(new SoakTime(percent: 2).Limit.TotalSeconds), null);
        output.WriteLine($"{_operations} operations");
    }

    private static ObjectId Key(int number) => Ids.At((uint)(number % 5 == 0 ? number : 3), (uint)number);

    private void Run(long cases, int time, string? seed) => Gen.Select(s_table, s_operation.Array[0, 300]).Sample(
        (table, operations) => Compare(table.Buckets, table.HasEmpty, operations),
        writeLine: null,
        seed: seed,
        iter: cases,
        time: time,
        threads: cases == 1 ? 1 : -1);

    private void Compare(int[] buckets, bool hasEmpty, (int Kind, int Key)[] operations)
    {
        Dictionary<ObjectId, EntryLocation> model = [];
        using HashIndex index = Load(buckets, hasEmpty, model);
        for (int i = 0; i < operations.Length; i++)
        {
            ObjectId id = Key(operations[i].Key);
            if (operations[i].Kind < 3)
            {
                EntryLocation location = new((uint)i, 8);
                index.Set(id, location);
                model[id] = location;
            }
            else if (operations[i].Kind < 8)
            {
                Assert.Equal(model.Remove(id, out EntryLocation expected), index.Remove(id, out EntryLocation old));
                Assert.Equal(expected, old);
            }

            Assert.Equal(model.TryGetValue(id, out EntryLocation there), index.TryGet(id, out EntryLocation found));
            Assert.Equal(there, found);
            Assert.Equal(model.Count, index.Count);
        }

        Dictionary<ObjectId, EntryLocation> walked = [];
        using IndexCursor cursor = index.Enumerate();
        while (cursor.MoveNext(out ObjectId id, out EntryLocation location))
        {
            walked.Add(id, location);
        }

        Assert.Equal(model, walked);
        Interlocked.Add(ref _operations, operations.Length);
    }

    // A key is put where linear probing from its own bucket finds the first free one, as whoever wrote the table did.
    private static HashIndex Load(int[] buckets, bool hasEmpty, Dictionary<ObjectId, EntryLocation> model)
    {
        byte[] bytes = new byte[IndexFormat.FileSize(buckets.Length)];
        Span<byte> table = bytes.AsSpan(IndexFormat.HeaderSize);
        for (int i = 0; i < buckets.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(
                table[((i * IndexFormat.BucketSize) + IndexFormat.KeySize)..], hasEmpty && buckets[i] == -2 ? IndexFormat.EmptyMarker : IndexFormat.DeletedMarker);
        }

        foreach (int key in buckets.Where(key => key >= 0).Distinct())
        {
            ObjectId id = Key(key);
            int at = (int)(id.HashPrefix % (uint)buckets.Length);
            while (BinaryPrimitives.ReadUInt32LittleEndian(table[((at * IndexFormat.BucketSize) + IndexFormat.KeySize)..]) <= IndexFormat.MaxSegment)
            {
                at = (at + 1) % buckets.Length;
            }

            Span<byte> bucket = table.Slice(at * IndexFormat.BucketSize, IndexFormat.BucketSize);
            id.CopyTo(bucket);
            BinaryPrimitives.WriteUInt32LittleEndian(bucket[IndexFormat.KeySize..], 7);
            BinaryPrimitives.WriteUInt32LittleEndian(bucket[(IndexFormat.KeySize + 4)..], (uint)key);
            model.Add(id, new EntryLocation(7, (uint)key));
        }

        IndexFormat.WriteHeader(bytes, model.Count, buckets.Length);
        MemoryFileSystem files = new MemoryFileSystem().WriteAllBytes($"{Folder}/index.1", bytes);
        return new IndexStore(new RepositoryServices(files, new SimulatedEnvironment()), Folder).LoadIndex(1);
    }
}
