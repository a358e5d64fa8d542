namespace BorgRepo.Benchmarks.Workloads;

/// <summary>A repository to measure with.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">Number of objects.</param>
/// <param name="FixedSize">Size of every value; null for the mixed table.</param>
/// <param name="MaxSegmentSize">Size beyond which a segment is closed.</param>
/// <param name="Phases">What is measured, in this order.</param>
internal sealed record Workload(string Name, int Count, int? FixedSize, long MaxSegmentSize, IReadOnlyList<string> Phases)
{
    private const long WarmUpBytes = 128 << 20;
    private const int WarmUpCount = 1000;

    /// <summary>Size of an object's value.</summary>
    public int SizeOf(int number) => FixedSize ?? MixedSizes.Of(number);

    /// <summary>Bytes of all values.</summary>
    public long PayloadOf(int count) => FixedSize is { } size ? (long)size * count : Enumerable.Range(0, count).Sum(i => (long)MixedSizes.Of(i));

    /// <summary>
    /// The same with 1,000 objects, fewer if they are large: what a process runs a phase on before it is measured warm.
    /// </summary>
    public Workload ForWarmUp()
    {
        int count = 0;
        for (long bytes = 0; count < Math.Min(Count, WarmUpCount) && bytes < WarmUpBytes; count++)
        {
            bytes += SizeOf(count);
        }

        return this with { Count = count };
    }
}
