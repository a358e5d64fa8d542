using BorgRepo.Core.Segments;

namespace BorgRepo.Core.Checking;

/// <summary>What the verification of one damaged segment found.</summary>
internal sealed class DamagedSegment(SegmentFile file, long length)
{
    /// <summary>The segment.</summary>
    public SegmentFile File { get; } = file;

    /// <summary>Length of its file.</summary>
    public long Length { get; } = length;

    /// <summary>The damage in it, in the order of the file.</summary>
    public List<DamagedRange> Ranges { get; } = [];

    /// <summary>Valid entries.</summary>
    public long KeptEntries { get; set; }

    /// <summary>Bytes of valid entries.</summary>
    public long KeptBytes { get; set; }

    /// <summary>True if its valid entries alone make it a committed segment, which it then is after a repair.</summary>
    public bool EndsCommitted { get; set; }

    /// <summary>True if an offset lies in damage; in a file of zero length all of them do.</summary>
    public bool IsDamagedAt(long offset) => Length == 0 || Ranges.Exists(range => offset >= range.Start && offset < range.End);
}
