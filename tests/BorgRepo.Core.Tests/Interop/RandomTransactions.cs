using BorgRepo.Core.Format;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>
/// A seeded stream of transactions over few ids, so that overwriting and deleting are common, and the dictionary that says
/// what must be there after each commit.
/// </summary>
internal sealed class RandomTransactions(int seed)
{
    /// <summary>Other seeds and more rounds can be had through these variables of the environment.</summary>
    public const string SeedVariable = "BORGREPO_TEST_SEED";

    private const int IdCount = 40;

    private readonly Random _random = new(seed);
    private readonly SortedDictionary<ObjectId, byte[]> _committed = [];

    public IReadOnlyDictionary<ObjectId, byte[]> Committed => _committed;

    public static IEnumerable<int> Seeds(params int[] usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), out int chosen) ? [chosen] : usual;

    public bool Chance(int percent) => _random.Next(100) < percent;

    /// <summary>One transaction: some operations that all succeed, then usually a commit, sometimes a rollback.</summary>
    public BorgBatch Next(bool mayRollBack = true, int compactPercent = 0)
    {
        BorgBatch batch = new();
        SortedDictionary<ObjectId, byte[]> state = new(_committed);
        int operations = _random.Next(1, 12);
        for (int i = 0; i < operations; i++)
        {
            ObjectId id = NextId();
            if (state.ContainsKey(id) && Chance(35))
            {
                batch.Delete(id);
                state.Remove(id);
            }
            else
            {
                state[id] = NextValue();
                batch.Put(id, state[id]);
            }
        }

        if (mayRollBack && Chance(15))
        {
            return batch.Rollback();
        }

        _committed.Clear();
        foreach ((ObjectId id, byte[] value) in state)
        {
            _committed.Add(id, value);
        }

        return batch.Commit(compactPercent > 0 && Chance(compactPercent) ? _random.Next(4) * 0.1 : null);
    }

    /// <summary>A transaction that is never ended: its segments stay behind.</summary>
    public BorgBatch NextUnfinished()
    {
        BorgBatch batch = new();
        for (int i = _random.Next(1, 6); i > 0; i--)
        {
            batch.Put(NextId(), NextValue());
        }

        return batch;
    }

    /// <summary>The manifest's id is among them: it has rules of its own. Half of the others start in the upper half of the hash.</summary>
    private ObjectId NextId()
    {
        int number = _random.Next(IdCount);
        Span<byte> bytes = stackalloc byte[ObjectId.Length];
        bytes.Clear();
        if (number > 0)
        {
            bytes[0] = (byte)number;
            bytes[3] = number % 2 == 0 ? (byte)0xff : (byte)0;
            bytes[31] = (byte)number;
        }

        return new ObjectId(bytes);
    }

    private byte[] NextValue()
    {
        byte[] value = new byte[Chance(10) ? 0 : Chance(10) ? _random.Next(400, 1500) : _random.Next(1, 120)];
        _random.NextBytes(value);
        return value;
    }
}
