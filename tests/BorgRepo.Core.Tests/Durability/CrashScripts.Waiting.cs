namespace BorgRepo.Core.Tests.Durability;

/// <content>Sessions whose index and hints are saved later than their commits.</content>
internal static partial class CrashScripts
{
    private static void Waiting(ScriptRun run, int seed)
    {
        run.IndexCheckpointSize = 2000;
        run.Create(s_tiny);
        run.Put(1, 100);
        run.Put(2, 50);
        run.Commit();
        run.Put(1, 20);
        run.Commit();
        run.Delete(2);
        run.Commit();

        // What a rollback deletes comes after what is committed, not after what is saved.
        run.Put(3, 400);
        run.Put(4, 400);
        run.Rollback();
        run.Put(2, 10);
        run.Commit();

        // More than may wait.
        run.Put(5, 2500);
        run.Commit();
        run.Delete(1);
        run.Commit();
        run.Put(6, 30);
        run.Close();
        run.Put(1, 5);
        run.Commit();
        run.Close();
    }

    private static void WaitingCompaction(ScriptRun run, int seed)
    {
        run.IndexCheckpointSize = 100_000;
        run.Create(s_tiny);
        for (int i = 1; i <= 6; i++)
        {
            run.Put(i, 60);
        }

        run.Commit();
        run.Delete(2);
        run.Put(3, 90);
        run.Commit();
        run.Delete(5);
        run.Commit();
        run.Put(2, 30);
        run.Commit(compact: true, threshold: 0);
        run.Delete(2);
        run.Commit();
        run.Put(7, 40);
        run.Commit();
        run.Compact(threshold: 0);
        run.Delete(1);
        run.Commit();
        run.Check(repair: true);
        run.Put(1, 12);
        run.Commit();
        run.Close();
    }

    private static void WaitingKilled(ScriptRun run, int seed)
    {
        run.IndexCheckpointSize = 100_000;
        System.Random random = new(seed);
        run.Create(s_roomy with { AppendOnly = seed % 2 == 0 });
        run.Put(1, 50);
        run.Commit();
        for (int i = 0; i < 3; i++)
        {
            run.Put(2, 100 + i);
            run.Commit();
            run.Delete(2);
            run.Put(3 + i, 30);
            run.Commit();
            run.Put(1, 60 + i);
            run.KillDuring(random.Next(3, 40), () => run.Commit());
            run.KillDuring(random.Next(5, 60), () => run.Look());
            run.Look(i == 1 ? SessionAccess.Read : SessionAccess.Write);
            run.Close();
        }

        run.Put(9, 70);
        run.Commit();
        run.KillDuring(random.Next(5, 30), run.Close);
        run.Look();
        run.Close();
    }

    private static void WaitingRandom(ScriptRun run, int seed)
    {
        run.IndexCheckpointSize = 1 << new System.Random(seed).Next(8, 16);
        Random(run, seed + 500);
    }
}
