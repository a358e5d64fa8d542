namespace BorgRepo.Core.Copying;

/// <summary>What a copy does, or did, with a segment.</summary>
/// <param name="Segment">Its number.</param>
/// <param name="Action">What is done.</param>
/// <param name="Bytes">Length of the segment.</param>
/// <param name="Reason">More about why, or empty.</param>
public readonly record struct CopiedSegment(uint Segment, CopyAction Action, long Bytes, string Reason);
