namespace BorgRepo.Benchmarks.Reporting;

/// <summary>The targets, as ratios to borg 1.2.4 in the same run. Why that much: docs/benchmarks.md, "Targets".</summary>
internal static class TargetCatalog
{
    private const string Disk = "disk";
    private const string Memory = "tmpfs";

    /// <summary>All of them, in the order of the phases.</summary>
    public static IReadOnlyList<Target> All { get; } =
    [
        .. For("small", null, ("put.ops", 3, 6), ("commit1.median", 2, 2), ("get_random.ops", 3, 5), ("list.ops", 2, 8)),
        .. For("small", null, ("check.rate", 8, 14), ("check_repair.rate", 8, 14), ("replay.rate", 7, 13)),
        .. For("small", null, ("overwrite_delete.ops", 5, 9), ("compact.rate", 5, 8), ("repair_damaged.rate", 8, 25)),
        .. For("small", Disk, ("txn_read_own_write.ops", 30, 200), ("txn_overwrite_own.ops", 30, 200)),
        .. For("tiny1m", null, ("put.ops", 5, 10), ("commit1.median", 2, 2), ("open.wall", 3, 6), ("contains.ops", 2, 3)),
        .. For("tiny1m", null, ("list.ops", 2, 8), ("check.rate", 10, 20), ("check.rss_delta", 1 / 0.3, 1 / 0.15), ("replay.rate", 7, 13)),
        .. For("tiny5m", null, ("open.wall", 3, 6), ("check.rate", 10, 20), ("check.rss_delta", 1 / 0.3, 1 / 0.15), ("replay.rate", 7, 13)),
        .. For("medium", Memory, ("put.rate", 1.1, 1.6), ("get_random.ops", 1.5, 2.5), ("check.rate", 1.4, 1.7), ("check_repair.rate", 1.4, 1.7)),
        .. For("mixed", Memory, ("put.rate", 1.1, 1.6), ("get_random.ops", 1.5, 2.5), ("check.rate", 1.4, 1.7), ("check_repair.rate", 1.4, 1.7)),
        .. For("large", Memory, ("put.rate", 1.1, 1.6), ("get_random.ops", 1.2, 1.8), ("check.rate", 1.4, 1.7), ("check_repair.rate", 1.4, 1.7)),
        .. For("large", null, ("replay.rate", 1.4, 2.5), ("compact.rate", 1.2, 1.8)),
        .. For("large", Disk, ("put.rate", 1, 1.05)),
        .. For("mixed", Disk, ("put.rate", 1, 1.1)),
        .. For("medium5", Disk, ("put.rate", 1.3, 1.6), ("get_random.ops", 20, 40), ("repair_damaged.rate", 8, 25)),
        .. For("medium5", Disk, ("txn_read_own_write.ops", 30, 200), ("txn_overwrite_own.ops", 30, 200)),
    ];

    private static IEnumerable<Target> For(string workload, string? label, params (string Metric, double Must, double Aim)[] targets) =>
        targets.Select(target => new Target(workload, label, target.Metric, target.Must, target.Aim));
}
