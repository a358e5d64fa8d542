using BorgRepo.Core.Format;

namespace BorgRepo.Benchmarks.Workloads;

/// <summary>
/// Objects to put, made outside of any measured time: at most 16 MiB of values or 10,000 objects at once. Values are copied
/// from the pool one behind the other, as the other side of the comparison does: data that a program puts was made just now.
/// </summary>
internal sealed class PutBatch
{
    private const int MaxCount = 10_000;
    private const long MaxBytes = 16 << 20;

    private readonly byte[] _bytes;
    private readonly int[] _starts;

    private PutBatch(Workload workload, int[] numbers, Func<int, int?> generationOf, ref byte[] buffer)
    {
        Numbers = numbers;
        Keys = new ObjectId[numbers.Length];
        _starts = new int[numbers.Length + 1];
        for (int i = 0; i < numbers.Length; i++)
        {
            Keys[i] = SplitMix.Key(numbers[i]);
            _starts[i + 1] = _starts[i] + (generationOf(numbers[i]) is null ? 0 : workload.SizeOf(numbers[i]));
        }

        if (buffer.Length < _starts[^1])
        {
            buffer = GC.AllocateUninitializedArray<byte>(_starts[^1], pinned: true);
        }

        _bytes = buffer;
        for (int i = 0; i < numbers.Length; i++)
        {
            if (generationOf(numbers[i]) is { } generation)
            {
                DataPool.ValueOf(workload, numbers[i], generation).CopyTo(_bytes.AsSpan(_starts[i]));
            }
        }
    }

    /// <summary>The objects.</summary>
    public int[] Numbers { get; }

    /// <summary>Their keys.</summary>
    public ObjectId[] Keys { get; }

    /// <summary>Cuts objects into batches. A batch is valid until the next one is asked for.</summary>
    /// <param name="workload">Tells sizes and values.</param>
    /// <param name="numbers">The objects.</param>
    /// <param name="generationOf">Generation of an object's value; null for one that has none.</param>
    public static IEnumerable<PutBatch> Cut(Workload workload, IEnumerable<int> numbers, Func<int, int?> generationOf)
    {
        byte[] buffer = [];
        List<int> batch = [];
        long bytes = 0;
        foreach (int number in numbers)
        {
            batch.Add(number);
            bytes += generationOf(number) is null ? 0 : workload.SizeOf(number);
            if (batch.Count >= MaxCount || bytes >= MaxBytes)
            {
                yield return new PutBatch(workload, [.. batch], generationOf, ref buffer);
                batch.Clear();
                bytes = 0;
            }
        }

        if (batch.Count > 0)
        {
            yield return new PutBatch(workload, [.. batch], generationOf, ref buffer);
        }
    }

    /// <summary>The value of the object at a position of this batch.</summary>
    public ReadOnlySpan<byte> ValueAt(int position) => _bytes.AsSpan(_starts[position].._starts[position + 1]);
}
