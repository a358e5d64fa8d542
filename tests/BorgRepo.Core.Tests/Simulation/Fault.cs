namespace BorgRepo.Core.Tests.Simulation;

/// <summary>How a call of a file system fails.</summary>
internal enum Fault
{
    /// <summary>The device reports an error.</summary>
    DeviceError,

    /// <summary>The volume is full; of a write the first half arrives.</summary>
    NoSpace,

    /// <summary>The user may not.</summary>
    AccessDenied,

    /// <summary>Another program has the file open (Windows).</summary>
    SharingViolation,

    /// <summary>A read gives half of the bytes.</summary>
    ShortRead,

    /// <summary>The process is killed: this call and all later ones do nothing.</summary>
    Killed,
}

/// <summary>A call of a file system.</summary>
internal enum FileCall
{
    GetInfo,
    List,
    OpenForReading,
    OpenForWriting,
    CreateDirectory,
    Replace,
    RenameDirectory,
    DeleteFile,
    DeleteDirectory,
    SyncDirectory,
    GetAvailableBytes,
    GetLinkCount,
    Read,
    Write,
    SetLength,
    Sync,
}
