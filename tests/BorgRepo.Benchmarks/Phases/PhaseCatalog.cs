namespace BorgRepo.Benchmarks.Phases;

/// <summary>All phases by name.</summary>
internal static class PhaseCatalog
{
    private static readonly Dictionary<string, Action<PhaseRun>> s_phases = new()
    {
        [PhaseNames.Put] = WritePhases.Put,
        [PhaseNames.Open] = ReadPhases.Open,
        [PhaseNames.GetRandom] = ReadPhases.GetRandom,
        [PhaseNames.GetSequential] = ReadPhases.GetSequential,
        [PhaseNames.ListGet] = ListPhases.ListGet,
        [PhaseNames.List] = ListPhases.List,
        [PhaseNames.Contains] = ListPhases.Contains,
        [PhaseNames.Check] = run => CheckPhases.Check(run, PhaseNames.Check, repair: false, isCold: false),
        [PhaseNames.CheckCold] = run => CheckPhases.Check(run, PhaseNames.CheckCold, repair: false, isCold: true),
        [PhaseNames.CheckRepair] = run => CheckPhases.Check(run, PhaseNames.CheckRepair, repair: true, isCold: false),
        [PhaseNames.Replay] = CheckPhases.Replay,
        [PhaseNames.OverwriteDelete] = WritePhases.OverwriteDelete,
        [PhaseNames.Compact] = WritePhases.Compact,
        [PhaseNames.CheckAfter] = CheckPhases.CheckAfter,
        [PhaseNames.CommitOne] = TransactionPhases.CommitOne,
        [PhaseNames.TransactionReadWrite] = TransactionPhases.ReadWrite,
        [PhaseNames.RepairDamaged] = CheckPhases.RepairDamaged,
    };

    /// <summary>True if there is such a phase.</summary>
    public static bool Has(string name) => s_phases.ContainsKey(name);

    /// <summary>Runs one.</summary>
    public static void Run(string name, PhaseRun run) => s_phases[name](run);

    /// <summary>Phases that must have run before one on the same repository for it to be what it measures.</summary>
    public static IEnumerable<string> Needed(string name) => name switch
    {
        PhaseNames.Put => [],
        PhaseNames.Compact or PhaseNames.CheckAfter => [PhaseNames.Put, PhaseNames.OverwriteDelete],
        _ => [PhaseNames.Put],
    };
}
