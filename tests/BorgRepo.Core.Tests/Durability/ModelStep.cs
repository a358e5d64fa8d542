namespace BorgRepo.Core.Tests.Durability;

/// <summary>Things that users of a repository do, or that happen to it.</summary>
internal enum ModelAction
{
    Put,
    PutAgain,
    PutLarge,
    Delete,
    Get,
    Contains,
    Find,
    List,
    Scan,
    ReadAll,
    Commit,
    CommitCompacting,
    Compact,
    PlanCompaction,
    Rollback,
    Check,
    SaveKey,
    ReserveNonce,
    LimitQuota,
    CloseWriter,
    KillWriter,
    OpenReader,
    CloseReader,
    LookWithoutLock,
    LoseCaches,
}

/// <summary>One thing done, with numbers that choose the details. Small ones are the simple cases, so that shrinking ends there.</summary>
internal readonly record struct ModelStep(ModelAction Action, int Key, int Size)
{
    public override string ToString() => $"{Action}({Key}, {Size})";
}
