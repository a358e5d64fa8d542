using BorgRepo.Core.Format;

namespace BorgRepo.Core.Segments;

/// <summary>When the segment at hand is closed before the next entry.</summary>
public static class SegmentRoll
{
    /// <summary>
    /// It is closed once it is longer than the limit (so a segment may exceed the limit by one entry), and in the newer
    /// format before each entry of the manifest, so that this ever-changing object does not make big segments sparse.
    /// </summary>
    /// <param name="format">Which release's habits.</param>
    /// <param name="limit">max_segment_size.</param>
    /// <param name="offset">Length of the segment at hand; 0 if none is open.</param>
    /// <param name="id">Key of the next entry.</param>
    public static bool IsDue(WriteFormat format, long limit, long offset, in ObjectId id) =>
        offset > 0 && (offset > limit || (format == WriteFormat.Borg14 && id.IsManifest));
}
