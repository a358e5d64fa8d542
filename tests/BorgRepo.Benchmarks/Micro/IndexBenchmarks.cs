using BenchmarkDotNet.Attributes;
using BorgRepo.Benchmarks.Workloads;
using BorgRepo.Core.Format;
using BorgRepo.Core.Index;

namespace BorgRepo.Benchmarks.Micro;

/// <summary>The index against the runtime's dictionary. The larger size is beyond the processor's caches.</summary>
[InProcess]
public class IndexBenchmarks
{
    private const int Batch = 4096;

    private static readonly HashIndex s_index = new();
    private readonly Dictionary<ObjectId, EntryLocation> _dictionary = [];
    private ObjectId[] _asked = [];

    /// <summary>Number of keys.</summary>
    [Params(10_000, 1_000_000)]
    public int Count { get; set; }

    /// <summary>Fills both.</summary>
    [GlobalSetup]
    public void Fill()
    {
        for (int i = 0; i < Count; i++)
        {
            ObjectId id = SplitMix.Key(i);
            s_index.Set(id, new EntryLocation(1, (uint)i));
            _dictionary[id] = new EntryLocation(1, (uint)i);
        }

        Random random = new(1);
        _asked = [.. Enumerable.Range(0, Batch).Select(_ => SplitMix.Key(random.Next(Count)))];
    }

    /// <summary>Each lookup waits for memory.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public uint LookUp()
    {
        uint sum = 0;
        foreach (ref readonly ObjectId id in _asked.AsSpan())
        {
            s_index.TryGet(id, out EntryLocation location);
            sum += location.Offset;
        }

        return sum;
    }

    /// <summary>As a check does it: the index is told of a key a dozen entries ahead.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public uint LookUpAhead()
    {
        const int Ahead = 12;
        uint sum = 0;
        for (int i = 0; i < _asked.Length; i++)
        {
            if (i + Ahead < _asked.Length)
            {
                s_index.Prefetch(_asked[i + Ahead]);
            }

            s_index.TryGet(_asked[i], out EntryLocation location);
            sum += location.Offset;
        }

        return sum;
    }

    /// <summary>The same with the runtime's dictionary.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Batch)]
    public uint LookUpInDictionary()
    {
        uint sum = 0;
        foreach (ref readonly ObjectId id in _asked.AsSpan())
        {
            sum += _dictionary[id].Offset;
        }

        return sum;
    }
}
