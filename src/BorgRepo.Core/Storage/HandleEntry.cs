namespace BorgRepo.Core.Storage;

/// <summary>One open handle of a <see cref="HandleCache"/>, guarded by its lock.</summary>
internal sealed class HandleEntry
{
    /// <summary>Makes the entry of an open file.</summary>
    public HandleEntry(uint segment, IFile file)
    {
        Segment = segment;
        File = file;
        Node = new LinkedListNode<HandleEntry>(this);
    }

    /// <summary>Number of the segment.</summary>
    public uint Segment { get; }

    /// <summary>The open file.</summary>
    public IFile File { get; }

    /// <summary>Place in the order of use.</summary>
    public LinkedListNode<HandleEntry> Node { get; }

    /// <summary>How many use it now.</summary>
    public int Leases { get; set; }

    /// <summary>When a use began or ended last.</summary>
    public long LastUse { get; set; }

    /// <summary>No longer in the cache: closed when the last use ends.</summary>
    public bool IsRemoved { get; set; }
}
