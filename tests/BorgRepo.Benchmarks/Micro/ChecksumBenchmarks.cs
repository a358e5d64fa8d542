using BenchmarkDotNet.Attributes;
using BorgRepo.Benchmarks.Workloads;
using BorgRepo.Core.Format;

namespace BorgRepo.Benchmarks.Micro;

/// <summary>The sum of one entry, by us and by the library, for bytes that lie in the innermost cache.</summary>
[InProcess]
public class ChecksumBenchmarks
{
    /// <summary>Bytes that are summed.</summary>
    [Params(37, 1_061, 65_573, 1_048_613)]
    public int Length { get; set; }

    /// <summary>What the engine uses.</summary>
    [Benchmark]
    public uint Ours() => Checksum.Of(DataPool.Bytes[..Length]);

    /// <summary>What it falls back to.</summary>
    [Benchmark(Baseline = true)]
    public uint Library() => System.IO.Hashing.Crc32.HashToUInt32(DataPool.Bytes[..Length]);
}
