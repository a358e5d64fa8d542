using System.Collections.Concurrent;
using BorgRepo.Core.Format;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>Every damage of a segment is found, and costs only what it hits (docs/durability.md).</summary>
public sealed class DamageTests(ITestOutputHelper output)
{
    private readonly ConcurrentQueue<string> _failures = [];
    private int _damages;

    [Theory]
    [InlineData(WriteFormat.Borg14)]
    [InlineData(WriteFormat.Borg10)]
    public void Each_flipped_bit_each_cut_and_each_segment_in_a_wrong_place_is_found_and_costs_only_what_it_hits(WriteFormat format)
    {
        DamageSurvey survey = new(objects: 40, maxSegmentSize: 600, format);
        Run("flips", Flips(survey, survey.Mixed), step: 7);
        Run("cuts", Cuts(survey, survey.Other), step: 3);
        Run("whole segments", Rearrangements(survey, survey.Segments), step: 7);
        Report(survey);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Damages_of_a_repository_of_thousands_of_objects()
    {
        SoakTime time = new(percent: 6);
        Random random = new(SoakTime.FirstSeed);
        foreach (WriteFormat format in (WriteFormat[])[WriteFormat.Borg14, WriteFormat.Borg10])
        {
            DamageSurvey survey = new(objects: 3000, maxSegmentSize: 60_000, format);
            Action[] flips = [.. Flips(survey, survey.Mixed)];
            Action[] others = [.. Cuts(survey, survey.Other), .. Rearrangements(survey, survey.Segments)];
            random.Shuffle(flips);
            random.Shuffle(others);
            TimeSpan end = time.Limit * (format == WriteFormat.Borg14 ? 0.5 : 1);
            Run("flips, cuts and whole segments", Mix(flips, others), step: 1, () => time.Elapsed < end);
            Report(survey);
        }
    }

    private static IEnumerable<Action> Flips(DamageSurvey survey, uint segment) =>
        Enumerable.Range(0, survey.LengthOf(segment) * 8).Select(bit => (Action)(() => survey.Flip(segment, bit)));

    private static IEnumerable<Action> Cuts(DamageSurvey survey, uint segment) =>
        Enumerable.Range(0, survey.LengthOf(segment)).Select(length => (Action)(() => survey.Truncate(segment, length)));

    private static IEnumerable<Action> Rearrangements(DamageSurvey survey, IReadOnlyCollection<uint> segments)
    {
        foreach (uint one in segments)
        {
            yield return () => survey.Delete(one);
            yield return () => survey.Append(one);
            foreach (uint other in segments.Where(other => other != one))
            {
                yield return () => survey.Duplicate(one, other);
                if (one < other)
                {
                    yield return () => survey.Swap(one, other);
                }
            }
        }
    }

    private static IEnumerable<Action> Mix(Action[] some, Action[] others)
    {
        for (int i = 0; i < Math.Max(some.Length, others.Length); i++)
        {
            if (i < some.Length)
            {
                yield return some[i];
            }

            if (i < others.Length)
            {
                yield return others[i];
            }
        }
    }

    private void Run(string name, IEnumerable<Action> damages, int step, Func<bool>? goOn = null)
    {
        int all = 0;
        int count = 0;
        Parallel.ForEach(
            Partitioner.Create(damages, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            damage =>
            {
                // Every n-th in the short form: n is no divisor of 8, so that each bit of a byte has its turn.
                if ((Interlocked.Increment(ref all) - 1) % step != 0 || goOn?.Invoke() == false || _failures.Count > 50)
                {
                    return;
                }

                Interlocked.Increment(ref count);
                try
                {
                    damage();
                }
                catch (InvalidOperationException error)
                {
                    _failures.Enqueue(error.Message);
                }
            });
        _damages += count;
        output.WriteLine($"{name}: {count} of {all}, {_failures.Count} failures");
        Assert.True(count > 0, "nothing was damaged");
    }

    private void Report(DamageSurvey survey)
    {
        output.WriteLine($"{_damages} damages so far, of {survey.Objects} objects in {survey.Segments.Count} segments");
        Assert.True(_failures.IsEmpty, $"{_failures.Count} failures\n" + string.Join('\n', _failures.Take(50)));
    }
}
