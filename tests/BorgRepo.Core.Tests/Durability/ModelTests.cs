using CsCheck;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>Random lives of repositories against a dictionary; a failing one is shrunk to its shortest form.</summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private const int ShortLives = 300;
    private const int LongestLife = 120;

    private static readonly long[] s_segmentSizes = [1, 41, 200, 1000, 10_000, 1 << 20];

    // What happens most often stands here more than once.
    private static readonly ModelAction[] s_actions =
    [
        .. Enumerable.Repeat((ModelAction[])[ModelAction.Put, ModelAction.Put, ModelAction.PutAgain, ModelAction.Delete], 5).SelectMany(actions => actions),
        .. Enumerable.Repeat((ModelAction[])[ModelAction.Commit, ModelAction.CommitCompacting, ModelAction.Get], 3).SelectMany(actions => actions),
        .. Enum.GetValues<ModelAction>(),
    ];

    private static readonly Gen<ModelStep> s_step = Gen.Select(
        Gen.Int[0, s_actions.Length - 1],
        Gen.Int[0, 24],
        Gen.Int[0, 400],
        (action, key, size) => new ModelStep(s_actions[action], key, size));

    private long _steps;

    [Fact]
    public void A_repository_answers_as_a_dictionary_does()
    {
        // One by one: beyond the first one CsCheck chooses seeds by chance, and a failure is to come again in the next run.
        for (uint i = 0; i < ShortLives; i++)
        {
            Run(lives: 1, time: -1, new PCG(i, i).ToString());
        }

        output.WriteLine($"{_steps} steps");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Many_repositories_answer_as_dictionaries_do()
    {
        Run(lives: -1, (int)Math.Ceiling(new SoakTime(percent: 12).Limit.TotalSeconds), seed: null);
        output.WriteLine($"{_steps} steps");
    }

    private void Run(long lives, int time, string? seed) =>
        Gen.Select(Gen.Int[0, s_segmentSizes.Length - 1].Select(i => s_segmentSizes[i]), Gen.Int[1, 5], s_step.Array[1, LongestLife]).Sample(
            (size, perDirectory, steps) =>
            {
                using ModelRun run = new(size, perDirectory);
                foreach (ModelStep step in steps)
                {
                    run.Do(step);
                }

                run.End();
                Interlocked.Add(ref _steps, steps.Length);
            },
            writeLine: null,
            seed: seed,
            iter: lives,
            time: time,
            threads: lives == 1 ? 1 : -1,
            print: life => $"segments of {life.Item1}, {life.Item2} in a folder: {string.Join(' ', life.Item3)}");
}
