using BorgRepo.Core.Format;

namespace BorgRepo.Benchmarks.Workloads;

/// <summary>Keys of objects, made outside of any measured time, at most 16 MiB of values or 10,000 objects at once.</summary>
/// <param name="Numbers">The objects.</param>
/// <param name="Keys">Their keys.</param>
internal sealed record PutBatch(IReadOnlyList<int> Numbers, IReadOnlyList<ObjectId> Keys)
{
    private const int MaxCount = 10_000;
    private const long MaxBytes = 16 << 20;

    /// <summary>Cuts objects into batches.</summary>
    /// <param name="numbers">The objects.</param>
    /// <param name="bytesOf">Bytes of values that an object adds.</param>
    public static IEnumerable<PutBatch> Cut(IEnumerable<int> numbers, Func<int, long> bytesOf)
    {
        List<int> batch = [];
        long bytes = 0;
        foreach (int number in numbers)
        {
            batch.Add(number);
            bytes += bytesOf(number);
            if (batch.Count >= MaxCount || bytes >= MaxBytes)
            {
                yield return Make(batch);
                batch = [];
                bytes = 0;
            }
        }

        if (batch.Count > 0)
        {
            yield return Make(batch);
        }
    }

    private static PutBatch Make(List<int> numbers) => new(numbers, [.. numbers.Select(number => SplitMix.Key(number))]);
}
