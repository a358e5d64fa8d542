namespace BorgRepo.Core.Transactions;

/// <summary>What has to happen before the index may be used.</summary>
public enum RecoveryAction
{
    /// <summary>No transaction yet: begin with an empty index.</summary>
    StartEmpty,

    /// <summary>The saved index is that of the last transaction.</summary>
    Load,

    /// <summary>The saved index is older than the last transaction: apply the segments after it.</summary>
    Replay,

    /// <summary>There is no usable index: apply all segments.</summary>
    Rebuild,

    /// <summary>There is an index but no transaction at all: all COMMITs are lost, and nothing may be healed silently.</summary>
    Refuse,
}

/// <summary>The decision table at open (docs/format.md, "Determining the transaction"). Pure.</summary>
public static class RecoveryDecision
{
    /// <summary>Decides from the newest saved index and the newest committed segment.</summary>
    public static RecoveryAction Decide(uint? indexTransaction, uint? segmentsTransaction) =>
        (indexTransaction, segmentsTransaction) switch
        {
            (null, null) => RecoveryAction.StartEmpty,
            (not null, null) => RecoveryAction.Refuse,
            (null, not null) => RecoveryAction.Rebuild,
            ({ } index, { } segments) when index == segments => RecoveryAction.Load,
            ({ } index, { } segments) when index < segments => RecoveryAction.Replay,

            // An index newer than any commit belongs to a state that is gone (a rolled back or restored repository).
            _ => RecoveryAction.Rebuild,
        };
}
