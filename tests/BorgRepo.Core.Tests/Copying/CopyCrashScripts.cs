using BorgRepo.Core.Format;

namespace BorgRepo.Core.Tests.Copying;

/// <summary>What happens to a source between two copies: small, so that a copy can be stopped after each single step.</summary>
internal static class CopyCrashScripts
{
    /// <summary>Names and rounds; the number is the seed of those that go by chance. Before each round there is a copy.</summary>
    public static IReadOnlyDictionary<string, Func<int, (CreateOptions Options, Action<CopyScene>[] Rounds)>> All { get; } =
        new Dictionary<string, Func<int, (CreateOptions, Action<CopyScene>[])>>
        {
            ["plain"] = _ => (Tiny(), [
                scene => scene.Commit((1, 50), (2, 400)),
                scene => scene.Commit((3, 30), (1, 20)),
            ]),
            ["many transactions"] = _ => (Tiny(), [
                scene => scene.Commit((1, 50)),
                scene => scene.Commit((2, 10)).Commit((3, 350)).Commit((1, -1)).Commit((2, 70)),
            ]),
            ["compaction"] = _ => (Tiny(), [
                scene => scene.Commit((1, 50), (2, 60), (3, 70)).Commit((4, 80), (2, 10)),
                scene => scene.CommitAndCompact((1, -1), (3, 20)).CommitAndCompact((5, 30)).CommitAndCompact((6, 30)),
            ]),
            ["compaction that leaves COMMITs"] = _ => (Tiny(), [
                scene => scene.Commit((1, 50), (2, 60), (3, 270), (4, 270)),
                scene => scene.Commit(new CommitOptions { Compact = true, Threshold = 0 }, (1, -1), (3, 20), (2, 70), (5, 250))
                    .Commit(new CommitOptions { Compact = true, Threshold = 0 }, (6, 280), (5, -1), (7, 270)),
            ]),
            ["borg 1.0"] = _ => (Tiny() with { WriteFormat = WriteFormat.Borg10 }, [
                scene => scene.Commit((1, 50), (2, 60), (3, 70)),
                scene => scene.Commit((4, 80), (2, -1)).Commit((1, 10), (5, 290)).Commit((3, -1)),
            ]),
            ["from nothing"] = _ => (Tiny(), [
                _ => { },
                scene => scene.Commit((1, 50)).Commit((2, 300), (1, -1)),
            ]),
            ["random"] = Random,
        };

    private static CreateOptions Tiny() => new() { MaxSegmentSize = 300, SegmentsPerDirectory = 4 };

    private static (CreateOptions Options, Action<CopyScene>[] Rounds) Random(int seed)
    {
        System.Random random = new(seed);
        CreateOptions options = new()
        {
            MaxSegmentSize = 1 << random.Next(6, 12),
            SegmentsPerDirectory = random.Next(1, 7),
            WriteFormat = random.Next(4) == 0 ? WriteFormat.Borg10 : WriteFormat.Borg14,
        };
        return (options, [scene => Change(scene, random), scene => Change(scene, random), scene => Change(scene, random)]);
    }

    private static void Change(CopyScene scene, System.Random random)
    {
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            Dictionary<int, int> changes = [];
            for (int j = random.Next(1, 6); j > 0; j--)
            {
                int number = random.Next(8);
                changes[number] = scene.Objects.ContainsKey(Durability.ScriptRun.Id(number)) && random.Next(3) == 0 ? -1 : random.Next(1 << random.Next(9));
            }

            bool compacts = random.Next(2) == 0;
            CommitOptions options = new() { Compact = compacts, Threshold = random.Next(2) * 0.3, RemoveEmptyCommits = random.Next(2) == 0 };
            scene.Commit(options, [.. changes.Select(change => (change.Key, change.Value))]);
        }
    }
}
