namespace BorgRepo.Benchmarks.Phases;

/// <summary>Names of phases; metrics begin with them.</summary>
internal static class PhaseNames
{
    public const string Put = "put";
    public const string Open = "open";
    public const string GetRandom = "get_random";
    public const string GetSequential = "get_seq";
    public const string ListGet = "list_get";
    public const string List = "list";
    public const string Contains = "contains";
    public const string Check = "check";
    public const string CheckCold = "check_cold";
    public const string CheckRepair = "check_repair";
    public const string Replay = "replay";
    public const string OverwriteDelete = "overwrite_delete";
    public const string Compact = "compact";
    public const string CheckAfter = "check_after";
    public const string CommitOne = "commit1";
    public const string TransactionReadWrite = "txn_rw";
    public const string RepairDamaged = "repair_damaged";
}
