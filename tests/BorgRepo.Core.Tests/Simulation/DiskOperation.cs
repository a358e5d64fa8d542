namespace BorgRepo.Core.Tests.Simulation;

/// <summary>What an operation changes, or makes durable.</summary>
internal enum DiskOperationKind
{
    /// <summary>A name for a new file.</summary>
    Create,

    /// <summary>A name for a new folder.</summary>
    CreateDirectory,

    /// <summary>A file or folder takes another name; what had it before loses it.</summary>
    Rename,

    /// <summary>A file or folder loses its name.</summary>
    Remove,

    /// <summary>Bytes in a file.</summary>
    Write,

    /// <summary>Length of a file.</summary>
    SetLength,

    /// <summary>What was written to a file is durable from here on.</summary>
    SyncFile,

    /// <summary>Syncing a file failed: what is not durable yet may never be, whatever later syncs say.</summary>
    FailSync,

    /// <summary>The names in a folder are durable from here on.</summary>
    SyncDirectory,
}

/// <summary>One change of a disk. Files and folders are nodes with numbers, since names come and go; 0 is the root.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Node">The file or folder.</param>
/// <param name="Parent">Folder of its name, of the old one for a rename.</param>
/// <param name="Name">Its name, the old one for a rename.</param>
/// <param name="NewParent">Rename: the folder of the new name.</param>
/// <param name="NewName">Rename: the new name.</param>
/// <param name="Position">Offset of a write, or the new length.</param>
/// <param name="Bytes">What is written.</param>
internal sealed record DiskOperation(
    DiskOperationKind Kind, int Node, int Parent = 0, string Name = "", int NewParent = 0, string NewName = "", long Position = 0, byte[]? Bytes = null)
{
    /// <summary>True for changes of names, which the syncing of their folders makes durable.</summary>
    public bool IsNaming => Kind <= DiskOperationKind.Remove;

    /// <summary>True for changes of content, which the syncing of their file makes durable.</summary>
    public bool IsContent => Kind is DiskOperationKind.Write or DiskOperationKind.SetLength;

    public override string ToString() => Kind switch
    {
        DiskOperationKind.Rename => $"{Kind} {Name} to {NewName}",
        DiskOperationKind.Write => $"{Kind} {Bytes!.Length} bytes at {Position} of #{Node}",
        DiskOperationKind.SetLength => $"{Kind} {Position} of #{Node}",
        _ => $"{Kind} #{Node} {Name}",
    };
}
