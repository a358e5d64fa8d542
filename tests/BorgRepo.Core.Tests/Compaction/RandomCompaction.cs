using BorgRepo.Core.Compaction;
using BorgRepo.Core.Tests.Checking;
using BorgRepo.Core.Tests.Traps;

namespace BorgRepo.Core.Tests.Compaction;

/// <summary>Random transactions, options, and hints that are wrong in ways that old releases and crashes leave behind.</summary>
internal static class RandomCompaction
{
    public static void Transaction(Random random, CompactionScene scene, SortedDictionary<int, string> model) => scene.Write(session =>
    {
        for (int i = random.Next(1, 10); i > 0; i--)
        {
            int key = random.Next(25);
            if (model.Remove(key) && random.Next(3) > 0)
            {
                session.Delete(SegmentScript.Key(key));
            }
            else
            {
                model[key] = new string((char)('a' + random.Next(26)), random.Next(1, 90));
                session.Put(SegmentScript.Key(key), System.Text.Encoding.ASCII.GetBytes(model[key]));
            }
        }
    });

    public static CompactionOptions Options(Random random) => new()
    {
        Threshold = random.Next(4) * 0.2,
        RemoveEmptyCommits = random.Next(3) == 0,
        All = random.Next(4) == 0,
        SkipUseless = random.Next(2) == 0,
        SaveSpace = random.Next(2) == 0,
    };

    /// <summary>Wrong use counts, wrong estimates, forgotten keys and segments, shadows as borg 1.2.0 to 1.2.6 leave them.</summary>
    public static void SpoilHints(Random random, CompactionScene scene)
    {
        if (random.Next(3) > 0)
        {
            return;
        }

        scene.Repository.WithHints(usage =>
        {
            foreach ((uint segment, long _) in usage.UseCounts.ToList())
            {
                switch (random.Next(8))
                {
                    case 0:
                        usage.ResetUse(segment);
                        break;
                    case 1:
                        usage.AddUse(segment);
                        break;
                    case 2 when usage.TryGetFreeable(segment, out _):
                        usage.SetFreeable(segment, random.Next(2000));
                        break;
                    case 3:
                        usage.Forget(segment);
                        break;
                    default:
                        break;
                }
            }

            foreach ((Core.Format.ObjectId id, Core.Format.ShadowedPuts list) in usage.SupersededPuts.Select(pair => (pair.Key, pair.Value)).ToList())
            {
                uint[] holders = list.ToArray();
                switch (random.Next(4))
                {
                    case 0:
                        usage.ForgetShadow(id);
                        break;
                    case 1 when holders.Length > 1:
                        usage.RemoveShadow(id, holders[0]);
                        break;
                    case 2:
                        usage.AddShadow(id, (uint)random.Next(200));
                        break;
                    default:
                        break;
                }
            }

            usage.AddUse(4000);
            usage.SetFreeable(4001, 55);
        });
    }

    public static string Describe(SortedDictionary<int, string> model) =>
        string.Join(' ', model.Select(item => $"{(item.Key == 0 ? "zero" : $"k{item.Key}")}={item.Value}"));
}
