using BorgRepo.Core.Format;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>What people and machines do to repositories, small enough to stop after each single step of it.</summary>
internal static partial class CrashScripts
{
    private static readonly CreateOptions s_tiny = new() { MaxSegmentSize = 300, SegmentsPerDirectory = 4 };
    private static readonly CreateOptions s_roomy = new() { MaxSegmentSize = 3000, SegmentsPerDirectory = 1000 };

    /// <summary>Names and scripts; the number is the seed of those that go by chance.</summary>
    public static IReadOnlyDictionary<string, Action<ScriptRun, int>> All { get; } = new Dictionary<string, Action<ScriptRun, int>>
    {
        ["create"] = Create,
        ["transactions"] = Transactions,
        ["compaction"] = Compaction,
        ["manifest"] = Manifest,
        ["give-up"] = GiveUp,
        ["kill-commit"] = KillCommit,
        ["kill-compaction"] = KillCompaction,
        ["kill-recovery"] = KillRecovery,
        ["kill-first"] = KillFirst,
        ["config"] = Config,
        ["readers"] = Readers,
        ["borg-1.0"] = Borg10,
        ["append-only"] = AppendOnly,
        ["rebuild"] = Rebuild,
        ["repair"] = Repair,
        ["compact-alone"] = CompactAlone,
        ["take-over"] = TakeOver,
        ["served"] = Served,
        ["random"] = Random,
        ["waiting"] = Waiting,
        ["waiting-compaction"] = WaitingCompaction,
        ["waiting-killed"] = WaitingKilled,
        ["waiting-random"] = WaitingRandom,
    };

    private static void Create(ScriptRun run, int seed)
    {
        run.Create(s_roomy);
        run.Put(1, 50);
        run.Commit();
        run.Close();
    }

    private static void Transactions(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        run.Put(1, 100);
        run.Put(2, 0);
        run.Put(3, 1000);
        run.Commit();
        run.Put(1, 20);
        run.Delete(2);
        run.Put(4, 250);
        run.Commit();
        run.Close();
        run.Delete(4);
        run.Delete(1);
        run.Commit();
        run.Put(1, 7);
        run.Put(1, 8);
        run.Delete(1);
        run.Put(2, 30);
        run.Commit();
        run.Close();
    }

    private static void Compaction(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        for (int i = 1; i <= 8; i++)
        {
            run.Put(i, 60);
        }

        run.Commit();
        run.Delete(2);
        run.Delete(5);
        run.Put(3, 90);
        run.Commit(compact: true, threshold: 0);
        run.Close();
        run.Put(7, 10);
        run.Delete(8);
        run.Commit(compact: true, removeEmptyCommits: true);
        run.Put(9, 40);
        run.Commit(compact: true, removeEmptyCommits: true, threshold: 0);
        run.Delete(1);
        run.Delete(3);
        run.Commit();
        run.Put(1, 400);
        run.Commit(compact: true, threshold: 0);
        run.Close();
    }

    private static void Manifest(ScriptRun run, int seed)
    {
        run.Create(s_roomy);
        for (int i = 0; i < 4; i++)
        {
            run.Put(i + 1, 80);
            run.Put(0, 30 + i);
            run.Commit(compact: i % 2 == 1, threshold: 0);
        }

        run.Close();
    }

    private static void GiveUp(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        run.Put(1, 50);
        run.Commit();
        run.Put(1, 60);
        run.Put(2, 500);
        run.Put(3, 500);
        run.Rollback();
        run.Put(4, 30);
        run.Commit();
        run.Put(5, 700);
        run.Put(6, 700);
        run.Close();
        run.Put(7, 10);
        run.Commit(compact: true, threshold: 0);
        run.Close();
    }

    private static void KillCommit(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        run.Put(1, 50);
        run.Put(2, 200);
        run.Commit();
        System.Random random = new(seed);
        for (int i = 0; i < 3; i++)
        {
            run.Put(1, 100 + i);
            run.Put(3 + i, 300);
            run.KillDuring(random.Next(5, 40), () => run.Commit());
            run.Look();
            run.Put(2, 40 + i);
            run.Commit();
        }

        run.Close();
    }

    private static void KillCompaction(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        System.Random random = new(seed);
        for (int i = 1; i <= 6; i++)
        {
            run.Put(i, 80);
        }

        run.Commit();
        for (int i = 0; i < 2; i++)
        {
            run.Delete(1 + i);
            run.Put(4 + i, 90);
            run.Commit();
            run.Put(3, 10 + i);
            run.KillDuring(random.Next(20, 150), () => run.Commit(compact: true, threshold: 0));
            run.Look(i == 0 ? SessionAccess.Read : SessionAccess.Write);
            run.Close();
            run.Put(10 + i, 40);
            run.Commit(compact: i == 1, threshold: 0);
        }

        run.Close();
    }

    private static void KillRecovery(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        System.Random random = new(seed);
        for (int i = 1; i <= 4; i++)
        {
            run.Put(i, 90);
        }

        run.Commit();
        run.Delete(1);
        run.Put(2, 30);
        run.KillDuring(random.Next(20, 30), () => run.Commit());
        for (int i = 0; i < 2; i++)
        {
            run.KillDuring(random.Next(5, 40), () => run.Look());
        }

        run.Look();
        run.Put(1, 20);
        run.KillDuring(random.Next(5, 40), () => run.Commit(compact: true, threshold: 0));
        run.KillDuring(random.Next(5, 40), () => run.Look(SessionAccess.Read));
        run.Look();
        run.Put(5, 20);
        run.Commit();
        run.Close();
    }

    private static void KillFirst(ScriptRun run, int seed)
    {
        run.Create(s_tiny);
        run.KillDuring(new System.Random(seed).Next(10, 60), () =>
        {
            run.Put(1, 500);
            run.Put(2, 500);
            run.Commit();
        });
        run.Look(SessionAccess.Read);
        run.Close();
    }

    private static void Config(ScriptRun run, int seed)
    {
        run.Create(s_roomy);
        run.Put(1, 50);
        run.Commit();
        run.SaveKey("first key");
        run.SaveKey("second, longer key\nof two lines");
        run.ReserveNonce(0x1000);
        run.SetQuota(1_000_000);
        run.ReserveNonce(0x2000);
        run.Put(2, 50);
        run.Commit();
        run.KillDuring(new System.Random(seed).Next(2, 14), () => run.SaveKey("third key"));
        run.Look();
        run.SaveKey("fourth key");
        run.Close();
    }

    private static void Readers(ScriptRun run, int seed)
    {
        run.Create(s_roomy);
        run.Put(1, 50);
        run.Commit();
        run.Put(2, 60);
        run.KillDuring(new System.Random(seed).Next(20, 32), () => run.Commit());
        run.Look(SessionAccess.Read);
        run.Look(SessionAccess.ReadNoLock);
        run.Close();
        run.Open(SessionAccess.Undeclared);
        run.Put(3, 70);
        run.Commit();
        run.Close();
    }

    private static void Borg10(ScriptRun run, int seed)
    {
        run.Format = WriteFormat.Borg10;
        run.Create(s_tiny with { WriteFormat = WriteFormat.Borg10 });
        for (int i = 1; i <= 5; i++)
        {
            run.Put(i, 80);
        }

        run.Commit();
        run.Put(2, 90);
        run.Delete(4);
        run.Commit();
        run.Close();
        run.Put(1, 10);
        run.Commit();
        run.Delete(2);
        run.KillDuring(new System.Random(seed).Next(10, 80), () => run.Commit());
        run.Look();
        run.Put(8, 30);
        run.Commit();
        run.Close();
    }

    private static void AppendOnly(ScriptRun run, int seed)
    {
        run.Create(s_roomy with { AppendOnly = true });
        run.Put(1, 50);
        run.Commit();
        run.Put(1, 60);
        run.Put(2, 0);
        run.Commit(compact: true, threshold: 0);
        run.Delete(1);
        run.Commit();
        run.Close();
    }

    private static void Random(ScriptRun run, int seed)
    {
        System.Random random = new(seed);
        run.Create(new CreateOptions
        {
            MaxSegmentSize = 1 << random.Next(13),
            SegmentsPerDirectory = random.Next(1, 6),
            AppendOnly = random.Next(8) == 0,
        });
        for (int i = 0; i < 30; i++)
        {
            Step(run, random);
        }

        run.Close();
    }

    private static void Step(ScriptRun run, System.Random random)
    {
        switch (random.Next(12))
        {
            case < 5:
                run.Put(random.Next(10), random.Next(1 << random.Next(10)));
                break;
            case 5:
                run.Delete(random.Next(10));
                break;
            case 6:
                run.Commit();
                break;
            case 7:
                run.Commit(compact: true, random.Next(2) == 0, random.Next(2) == 0 ? 0 : 0.4);
                break;
            case 8:
                run.Rollback();
                break;
            case 9:
                run.Close();
                break;
            case 10 when run.Accepted[0].Objects.Count > 0:
                run.KillDuring(random.Next(60), () =>
                {
                    run.Put(random.Next(10), random.Next(600));
                    run.Commit(compact: random.Next(2) == 0, threshold: 0);
                });
                run.Look(random.Next(2) == 0 ? SessionAccess.Read : SessionAccess.Write);
                run.Close();
                break;
            default:
                run.SaveKey($"key {random.Next()}");
                break;
        }
    }
}
