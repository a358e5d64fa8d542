namespace BorgRepo.Core.Storage;

/// <summary>What is at a path.</summary>
public enum PathKind
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,

    /// <summary>Something else: a device, a socket, a pipe.</summary>
    Other,
}

/// <summary>Kind, length in bytes (files only) and time of the last write in UTC.</summary>
public readonly record struct PathInfo(PathKind Kind, long Length, DateTime LastWriteUtc);
