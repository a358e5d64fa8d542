namespace BorgRepo.Core.Tests.Checking;

/// <summary>
/// Where our check fails and real borg's does not, and where our repair leaves something else than borg's. Each has its line
/// in docs/decisions/011-stricter-check.md; what is not listed here is compared as borg has it.
/// </summary>
internal static class StricterThanBorg
{
    /// <summary>Vectors that borg 1.2.4 passes and we do not.</summary>
    public static IReadOnlyList<string> Verdicts { get; } =
        ["all-segments-missing", "entry-after-commit", "index-wrong-key-no-integrity", "index-wrong-offset-no-integrity", "missing-last-commit", "uncommitted-only"];

    /// <summary>Vectors with entries of the tag of borg 2, with a right checksum: we do not touch them. borg's repair crashes.</summary>
    public static IReadOnlyList<string> NotRepaired { get; } = ["tag-put2", "tag-unknown"];

    /// <summary>Vectors whose last transaction borg's repair deletes and ours completes; afterwards they hold what this one holds.</summary>
    public static IReadOnlyDictionary<string, string> Completed { get; } = new Dictionary<string, string>
    {
        ["entry-after-commit"] = "overwrites-deletes",
        ["missing-last-commit"] = "overwrites-deletes",
    };
}
