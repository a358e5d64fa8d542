namespace BorgRepo.Core.Remote;

/// <summary>The methods of the serve protocol.</summary>
internal enum RpcMethod
{
    Unknown,
    Negotiate,
    Open,
    Check,
    Commit,
    Rollback,
    Destroy,
    Count,
    List,
    Scan,
    Get,
    Put,
    Delete,
    SaveKey,
    LoadKey,
    BreakLock,
    GetFreeNonce,
    CommitNonceReservation,
    InjectException,
}
