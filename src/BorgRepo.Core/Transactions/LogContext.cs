using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Transactions;

/// <summary>What everything that works on an open repository's log needs.</summary>
/// <param name="Services">File system, environment, messages.</param>
/// <param name="Path">Full path of the repository.</param>
/// <param name="Store">Its segments.</param>
/// <param name="Indexes">Its saved indexes and hints.</param>
/// <param name="MaxSegmentSize">Size in bytes beyond which a segment is closed.</param>
/// <param name="Format">Which release's habits to write by.</param>
public sealed record LogContext(
    RepositoryServices Services,
    string Path,
    SegmentStore Store,
    IndexStore Indexes,
    long MaxSegmentSize,
    WriteFormat Format)
{
    /// <summary>Threads that read segments when the index has to be rebuilt.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Index and hints are saved when more bytes than this were committed since; 0 saves them at each commit.</summary>
    public long IndexCheckpointSize { get; init; }

    /// <summary>Old states must stay reachable.</summary>
    public bool AppendOnly { get; set; }

    /// <summary>Most bytes of PUT entries, 0 for no limit.</summary>
    public long StorageQuota { get; set; }

    /// <summary>Bytes that commits leave free besides their own need.</summary>
    public long AdditionalFreeSpace { get; set; }
}
