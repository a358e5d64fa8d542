using System.Globalization;
using System.Security.Cryptography;
using BorgRepo.Core.Format;

namespace BorgRepo.Benchmarks.Workloads;

/// <summary>Prints digests of pool, keys and values, line for line as borg-baseline.py prints its own.</summary>
internal static class SelfCheck
{
    private const int Objects = 100;

    /// <summary>Prints.</summary>
    public static void Run(TextWriter output)
    {
        output.WriteLine($"pool {Hex(SHA256.HashData(DataPool.Bytes))}");
        output.WriteLine($"key(0) {SplitMix.Key(0)} key(1) {SplitMix.Key(1)}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"splitmix64(0) {SplitMix.Mix(0)} splitmix64(1) {SplitMix.Mix(1)}"));
        foreach (Workload workload in WorkloadCatalog.All)
        {
            string sizes = string.Join(", ", Enumerable.Range(0, 5).Select(i => workload.SizeOf(i).ToString(CultureInfo.InvariantCulture)));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{workload.Name} payload {workload.PayloadOf(workload.Count)} sizes [{sizes}] first {Objects} {Hex(FirstObjects(workload))}"));
        }
    }

    private static byte[] FirstObjects(Workload workload)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> key = stackalloc byte[ObjectId.Length];
        for (int i = 0; i < Objects; i++)
        {
            for (int generation = 0; generation < 2; generation++)
            {
                SplitMix.Key(i).CopyTo(key);
                hash.AppendData(key);
                hash.AppendData(DataPool.ValueOf(workload, i, generation));
            }
        }

        return hash.GetHashAndReset();
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
