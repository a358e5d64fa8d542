namespace BorgRepo.Core.Compaction;

/// <summary>What a compaction does, or did, with one segment.</summary>
/// <param name="Segment">Its number.</param>
/// <param name="Action">What happens to it.</param>
/// <param name="Reason">Why.</param>
/// <param name="FileBytes">Length of its file.</param>
/// <param name="CopiedBytes">Bytes of entries that are copied from it.</param>
/// <param name="Detail">More about the reason, or empty.</param>
public sealed record CompactedSegment(
    uint Segment, CompactionAction Action, CompactionReason Reason, long FileBytes, long CopiedBytes, string Detail);
