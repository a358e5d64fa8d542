using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Remote;

namespace BorgRepo.Core.Tests.Durability;

/// <content>Lost caches, repairs, compaction alone, locks of the dead, and a served client that is cut off.</content>
internal static partial class CrashScripts
{
    private static void Rebuild(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        run.Put(1, 100);
        run.Put(2, 300);
        run.Commit();
        run.Delete(1);
        run.Put(3, 40);
        run.Commit();
        run.LoseCaches("index");
        run.Look(SessionAccess.Read);
        run.LoseCaches("hints", "integrity");
        run.Put(4, 10);
        run.Commit();
        run.LoseCaches("index", "hints", "integrity");
        run.KillDuring(new System.Random(seed).Next(10, 60), () => run.Look());
        run.Look();
        run.Put(5, 10);
        run.Commit(compact: true, threshold: 0);
        run.Close();
    }

    private static void Repair(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        for (int i = 1; i <= 4; i++)
        {
            run.Put(i, 80);
        }

        run.Commit();
        run.Delete(2);
        run.Put(3, 20);
        run.Commit();
        run.Check(repair: true);
        run.LoseCaches("index");
        run.Check(repair: true);
        run.Put(1, 30);
        run.Commit();
        System.Random random = new(seed);
        run.Put(4, 20);
        run.KillDuring(random.Next(5, 40), () => run.Commit());
        run.KillDuring(random.Next(10, 90), () => run.Check(repair: true));
        run.Look();
        run.Check(repair: true);
        run.Put(5, 30);
        run.Commit();
        run.Close();
    }

    private static void CompactAlone(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        for (int i = 1; i <= 6; i++)
        {
            run.Put(i, 80);
            run.Commit();
        }

        run.Delete(2);
        run.Put(3, 20);
        run.Commit();
        run.Compact(threshold: 0);
        run.Delete(5);
        run.Commit();
        run.KillDuring(new System.Random(seed).Next(10, 120), () => run.Compact(threshold: 0));
        run.Look();
        run.Compact(threshold: 0);
        run.Put(7, 20);
        run.Commit();
        run.Close();
    }

    private static void TakeOver(ScriptRun run, int seed)
    {
        System.Random random = new(seed);
        run.Create(s_roomy);
        run.Put(1, 50);
        run.Commit();
        run.Close();

        // Readers and writers that died, with their lock or in the middle of taking it; the next one takes over from them.
        for (int i = 0; i < 3; i++)
        {
            run.KillDuring(random.Next(1, 25), () => run.Look(SessionAccess.Read));
            run.KillDuring(random.Next(1, 25), () => run.Look(i == 1 ? SessionAccess.Read : SessionAccess.Write));
            run.Put(2 + i, 40);
            run.Commit();
            run.Close();
        }
    }

    private static void Served(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        run.Put(1, 50);
        run.Put(2, 200);
        run.Commit();
        System.Random random = new(seed);
        for (int i = 0; i < 3; i++)
        {
            Dictionary<ObjectId, byte[]> objects = new() { [ScriptRun.Id(1)] = new byte[20 + i], [ScriptRun.Id(5 + i)] = new byte[400] };
            byte[] requests =
            [
                .. Frame.Negotiate(),
                .. ServerHarness.Open(path: ScriptRun.RepositoryPath),
                .. objects.SelectMany((item, n) => Frame.Map(3 + n, "put", ("id", item.Key), ("data", item.Value), ("wait", false))),
                .. Frame.Map(10, "commit", ("compact", i == 2), ("threshold", 0.1)),
                .. Frame.Map(11, "put", ("id", ScriptRun.Id(9)), ("data", new byte[300]), ("wait", true)),
            ];

            // Once in the middle of the puts, once after the commit and in the middle of a next put, once anywhere.
            run.Serve(requests, i switch { 0 => 500, 1 => requests.Length - 100, _ => random.Next(requests.Length) }, commit: 10, objects);
        }

        run.Put(3, 10);
        run.Commit();
        run.Close();
    }
}
