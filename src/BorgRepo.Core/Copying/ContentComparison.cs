namespace BorgRepo.Core.Copying;

/// <summary>
/// Compares segments that are at both places, and judges those that differ: which of the two is what was copied once? A
/// damaged copy is restored from its source. But a source that was repaired has lost what could not be saved, and then the
/// copy may be the last place where it is: such a segment is never replaced without being asked for.
/// </summary>
internal sealed class ContentComparison(CopySource source, ICopyDestination destination, DestinationState there, TransferMonitor monitor)
{
    /// <summary>Are the same.</summary>
    public List<SourceSegment> Equal { get; } = [];

    /// <summary>Are the same up to the COMMITs, which are missing at the destination.</summary>
    public List<SourceSegment> Incomplete { get; } = [];

    /// <summary>Are damaged at the destination.</summary>
    public List<SourceSegment> DamagedThere { get; } = [];

    /// <summary>Changed in the source, or may have.</summary>
    public List<SourceSegment> Changed { get; } = [];

    /// <summary>Are damaged in the source; where the destination has a sound one, it stays.</summary>
    public List<uint> DamagedInSource { get; } = [];

    /// <summary>Compares and judges.</summary>
    public void Run(IReadOnlyList<SourceSegment> segments, ManifestKeeper manifest)
    {
        if (segments.Count == 0)
        {
            return;
        }

        IReadOnlySet<string> different = destination.FindDifferent(
            [.. segments.Select(segment => new CopyItem(source.NameOf(segment.Number), segment.Path, segment.Length))], monitor);
        foreach (SourceSegment segment in segments)
        {
            SegmentShape shape = source.ReadShape(segment, monitor.Token);
            if (shape.Damage is not null)
            {
                DamagedInSource.Add(segment.Number);
            }

            if (different.Contains(source.NameOf(segment.Number)))
            {
                Judge(segment, shape, manifest.Find(segment.Number));
            }
            else
            {
                Equal.Add(segment);
                manifest.SetCopied(segment, shape);
            }
        }
    }

    private void Judge(in SourceSegment segment, in SegmentShape shape, ManifestEntry? known)
    {
        string name = source.NameOf(segment.Number);
        long length = there.Segments[segment.Number];
        if (length == shape.DataLength && length < segment.Length
            && destination.FindDifferent([new CopyItem(name, segment.Path, length, IsWhole: false)], monitor).Count == 0)
        {
            Incomplete.Add(segment);
            return;
        }

        if (known?.Hash is { } copied)
        {
            (copied == shape.Hash ? DamagedThere : Keeps(segment, shape) ? Equal : Changed).Add(segment);
            return;
        }

        // Nothing tells what was copied. A repair leaves out what it cannot read, so one of the same length was not repaired.
        bool isDamagedThere = shape.Damage is null && length == segment.Length && destination.IsSound(name, segment.Number, monitor.Token) == false;
        (isDamagedThere ? DamagedThere : Keeps(segment, shape) ? Equal : Changed).Add(segment);
    }

    private bool Keeps(in SourceSegment segment, in SegmentShape shape) =>
        shape.Damage is not null && destination.IsSound(source.NameOf(segment.Number), segment.Number, monitor.Token) != false;
}
