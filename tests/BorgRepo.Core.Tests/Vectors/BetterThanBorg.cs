namespace BorgRepo.Core.Tests.Vectors;

/// <summary>
/// Real borg's verdicts with our deliberate differences put in. Every one of them has its line in
/// docs/decisions/010-better-than-borg.md; what is not listed there is compared as borg has it.
/// </summary>
internal static class BetterThanBorg
{
    /// <summary>What most vectors hold; those with a lock of somebody else are made of it.</summary>
    private const string Standard = "overwrites-deletes";

    /// <summary>Its index, without digests, has a key where it cannot be found; we notice and rebuild, borg goes on with it.</summary>
    private const string WrongKeyInIndex = "index-wrong-key-no-integrity";

    /// <summary>
    /// The index tells of a transaction whose COMMIT is gone, and its segments are still there. Reading falls back as in borg,
    /// but saves nothing, and writing would delete them: it is refused.
    /// </summary>
    private static readonly string[] CommitLost = ["entry-after-commit", "missing-last-commit"];

    /// <summary>borg adds a COMMIT-only segment when it rebuilds a damaged index; we rebuild it for the commit there is.</summary>
    private static readonly string[] IndexRebuiltInPlace =
        ["index-garbage", "index-garbage-no-integrity", "index-truncated", "integrity-mismatch"];

    /// <summary>
    /// Where borg's scan loses objects behind a damaged entry (or gives one without a readable header): the ids that ours
    /// leaves out, all others it gives.
    /// </summary>
    private static readonly Dictionary<string, string[]> LeftOutOfScan = new()
    {
        ["magic-damaged"] = [],
        ["size-between"] = ["ccb0974a890c6bb97921cd13024cf13ea5a2ecea93b8f3153e66cd1dec3ae745"],
        ["tag-unknown"] = ["a11e6fd89cb874c7d3ee3adbaacef1faeacfb18c6641b082731636edb4bb6c2a"],
    };

    /// <summary>
    /// Vectors to which borg cannot write even without compaction: it does not know the hints' version, or cannot delete an
    /// object whose entry has no readable header.
    /// </summary>
    public static IReadOnlyList<string> WrittenOnlyByUs { get; } = ["garbage-between", "hints-future-version"];

    /// <summary>Vectors where objects stand in a segment without a file: borg's hints forget their number when it compacts, ours do not.</summary>
    public static IReadOnlyList<string> KeepsCountOfLostSegment { get; } = ["missing-segment", "zero-length-segment"];

    /// <summary>Vectors whose wrong use counts, or wrong index, borg carries on into the next generation.</summary>
    public static IReadOnlyList<string> CachesCorrectedByUs { get; } = ["hints-wrong-refcount", WrongKeyInIndex];

    /// <summary>The COMMIT-only segment that borg adds to these vectors; null for the others.</summary>
    public static uint? RecoveryCommit(string name) => IndexRebuiltInPlace.Contains(name) ? Expectations.For(name).Read.TransactionId : null;

    /// <summary>Ids that a scan leaves out, where it differs from borg's.</summary>
    public static IReadOnlyList<string>? ScanWithout(string name) => LeftOutOfScan.GetValueOrDefault(name);

    public static ExpectedState ExpectedRead(string name, SessionAccess access)
    {
        ExpectedState expected = Expectations.For(name).Read;
        if (RecoveryCommit(name) is { } added)
        {
            return expected with { TransactionId = added - 1 };
        }

        if (name == WrongKeyInIndex)
        {
            return Expectations.For(Standard).Read;
        }

        bool lockDoesNotMatter = access == SessionAccess.ReadNoLock && expected.Open?.ClassName == "LockTimeout";
        // The verdicts are of exclusive sessions; two readers do not disturb each other.
        bool sharedBesideShared = access == SessionAccess.Read && name == "roster-foreign-shared";
        // The dead holder is gone after the first attempt; one more costs nothing.
        bool holderIsDead = name == "lock-dead-local";
        return lockDoesNotMatter || sharedBesideShared || holderIsDead ? Expectations.For(Standard).Read : expected;
    }

    /// <summary>Why nothing is written to a vector that can be read; null where we write, even if real borg's run, which also compacts, failed.</summary>
    public static ExpectedError? ExpectedWriteError(string name) =>
        name == "uncommitted-only" ? Expectations.For(name).Write
        : CommitLost.Contains(name) ? new ExpectedError("CheckNeeded", "A COMMIT is lost.")
        : null;

    public static IReadOnlyDictionary<string, string?> ExpectedFilesAfterRead(string name)
    {
        // The same as if the index had been missing: then borg adds no segment either.
        return RecoveryCommit(name) is not null || name == WrongKeyInIndex ? Expectations.For("index-missing").FilesAfterRead
            // What could tell of the lost transaction stays as it is.
            : CommitLost.Contains(name) ? new Dictionary<string, string?>()
            // borg's attempt leaves the emptied folder of the dead holder's lock behind, we go on and release it.
            : name == "lock-dead-local" ? new Dictionary<string, string?>(Expectations.For(name).FilesAfterRead) { ["lock.exclusive"] = null }
            : Expectations.For(name).FilesAfterRead;
    }

    /// <summary>After the run with its compaction; without borg's extra COMMIT everything has the numbers as if the index had been missing.</summary>
    public static IReadOnlyDictionary<string, string?> ExpectedFilesAfterWrite(string name)
    {
        if (RecoveryCommit(name) is null)
        {
            return Expectations.For(name).FilesAfterWrite;
        }

        IEnumerable<KeyValuePair<string, string?>> caches = Expectations.For(name).Files.Keys
            .Where(file => file.Contains('.', StringComparison.Ordinal)).Select(file => KeyValuePair.Create<string, string?>(file, null));
        return caches.Concat(Expectations.For("index-missing").FilesAfterWrite).ToDictionary();
    }

    /// <summary>
    /// Why borg's state after the write run cannot be compared with ours: its run also compacts, and fails in that or loses
    /// an object by it. Null where it can.
    /// </summary>
    public static string? WriteNotComparable(string name)
    {
        Expectation expectation = Expectations.For(name);
        return ExpectedWriteError(name) is not null ? "We refuse to write here."
            : expectation.Write is not null || expectation.AfterWrite is not { Open: null, Reading: null } ? "Real borg's compaction fails here."
            : name is "index-wrong-offset-no-integrity" or WrongKeyInIndex ? "Real borg's compaction deletes a segment that is in use here."
            : null;
    }
}
