namespace BorgRepo.Core.Segments;

/// <summary>Takes what a worker reads of one segment, in the order of the file.</summary>
internal interface IEntrySink
{
    /// <summary>The next valid entry.</summary>
    void Add(SegmentEntry entry);

    /// <summary>The next damage.</summary>
    void Add(DamagedRange range);

    /// <summary>Hands on what was collected so far.</summary>
    void Flush();
}
