using BorgRepo.Benchmarks.Phases;

namespace BorgRepo.Benchmarks.Workloads;

/// <summary>The workloads of docs/workloads.md.</summary>
internal static class WorkloadCatalog
{
    private const long Large = 500L << 20;
    private const long Small = 5L << 20;

    private static readonly string[] s_all =
    [
        PhaseNames.Put, PhaseNames.Open, PhaseNames.GetRandom, PhaseNames.GetSequential, PhaseNames.ListGet, PhaseNames.List,
        PhaseNames.Check, PhaseNames.CheckCold, PhaseNames.CheckRepair, PhaseNames.Replay, PhaseNames.OverwriteDelete,
        PhaseNames.Compact, PhaseNames.CheckAfter, PhaseNames.CommitOne, PhaseNames.TransactionReadWrite, PhaseNames.RepairDamaged,
    ];

    private static readonly string[] s_index =
    [
        PhaseNames.Put, PhaseNames.Open, PhaseNames.GetRandom, PhaseNames.List, PhaseNames.Contains, PhaseNames.Check,
        PhaseNames.Replay, PhaseNames.CommitOne,
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("small", 200_000, 1 << 10, Large, s_all),
        new("medium", 20_000, 64 << 10, Large, s_all),
        // Segments of 5 MiB are the default of borg 1.0: many files.
        new("medium5", 20_000, 64 << 10, Small, s_all),
        new("large", 1_500, 1 << 20, Large, s_all),
        new("mixed", 8_000, null, Large, s_all),
        new("tiny1m", 1_000_000, 32, Large, s_index),
        new("tiny5m", 5_000_000, 32, Large, s_index),
    ];

    /// <summary>One by its name; null if there is none.</summary>
    public static Workload? Find(string name) => All.FirstOrDefault(workload => workload.Name == name);
}
