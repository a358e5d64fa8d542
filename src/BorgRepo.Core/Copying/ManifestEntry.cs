namespace BorgRepo.Core.Copying;

/// <summary>What is known of a segment of a copy.</summary>
/// <param name="Length">Length of the source's file.</param>
/// <param name="DataLength">Bytes before the COMMITs that end it.</param>
/// <param name="LastWriteTicks">When the source's file was written last, UTC.</param>
/// <param name="Hash">Hash of its content; null as long as it was not copied and verified.</param>
public readonly record struct ManifestEntry(long Length, long DataLength, long LastWriteTicks, UInt128? Hash)
{
    /// <summary>True if the source's file is the one that was copied, as far as size and time can tell.</summary>
    internal bool Describes(in SourceSegment segment) => Length == segment.Length && LastWriteTicks == segment.LastWriteUtc.Ticks;
}
