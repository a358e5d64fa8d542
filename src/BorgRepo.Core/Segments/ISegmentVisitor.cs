namespace BorgRepo.Core.Segments;

/// <summary>Receives what a <see cref="SegmentPipeline"/> reads, on the thread that runs it, in the order of the log.</summary>
public interface ISegmentVisitor
{
    /// <summary>A segment begins.</summary>
    void Begin(SegmentFile segment, long length);

    /// <summary>Its next valid entries.</summary>
    void Entries(uint segment, ReadOnlySpan<SegmentEntry> entries);

    /// <summary>Damage between valid entries.</summary>
    void Damage(DamagedRange range);

    /// <summary>A segment ends.</summary>
    /// <returns>False to stop here.</returns>
    bool Complete(SegmentFile segment, long length);
}
