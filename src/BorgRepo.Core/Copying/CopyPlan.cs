using BorgRepo.Core.Errors;

namespace BorgRepo.Core.Copying;

/// <summary>
/// Decides what becomes of each segment. Pure. Let S be the last transaction of the source and P that of the destination:
/// <list type="table">
/// <item>in both, up to P, as the manifest tells: keep; shorter by its COMMITs: complete; else: compare.</item>
/// <item>in both, after P: nobody uses it yet. Verified by an interrupted copy: ready; else: add (what is there is reused).</item>
/// <item>only in the source: add; up to P it was lost at the destination: restore.</item>
/// <item>only at the destination, up to P: superseded if a copy brought it, else the destination went its own way.</item>
/// <item>only at the destination, after P: a leftover if a copy brought it, else again its own way.</item>
/// </list>
/// </summary>
internal sealed class CopyPlan
{
    /// <summary>Is there and unchanged.</summary>
    public List<SourceSegment> Keep { get; } = [];

    /// <summary>Is there up to its COMMITs, and all that comes before the last transaction.</summary>
    public List<SourceSegment> Complete { get; } = [];

    /// <summary>Has to be compared by content.</summary>
    public List<SourceSegment> Compare { get; } = [];

    /// <summary>Was lost.</summary>
    public List<SourceSegment> Restore { get; } = [];

    /// <summary>Is new.</summary>
    public List<SourceSegment> Add { get; } = [];

    /// <summary>Is new, and was copied and verified by a copy that was interrupted.</summary>
    public List<SourceSegment> Ready { get; } = [];

    /// <summary>Is there, up to the last transaction, and not needed any more. Ascending.</summary>
    public List<uint> Superseded { get; } = [];

    /// <summary>Was left after the last transaction. Descending.</summary>
    public List<uint> Leftovers { get; } = [];

    /// <summary>Makes the plan.</summary>
    /// <exception cref="CopyRefusedException">The destination is newer, or somebody else wrote to it.</exception>
    /// <exception cref="AppendOnlyException">It would make earlier transactions of the destination unreachable.</exception>
    public static CopyPlan Make(uint? transactionId, IReadOnlyDictionary<uint, SourceSegment> segments, DestinationState there, CopyOptions options)
    {
        if (there.TransactionId is { } last && !(last <= transactionId))
        {
            throw new CopyRefusedException(
                there.Name,
                CopyRefusal.NewerState,
                $"its last transaction is {last}, that of the source is {(transactionId is { } own ? own : "none")}.");
        }

        CopyPlan plan = new();
        foreach (SourceSegment segment in segments.Values)
        {
            plan.ListFor(segment, there, options).Add(segment);
        }

        plan.AddOnlyThere(segments, there, options);
        if (plan.Superseded.Count > 0 && there.Config!.AppendOnly)
        {
            throw new AppendOnlyException(there.Name, "taking over a compaction of the source (earlier transactions would become unreachable)");
        }

        return plan;
    }

    /// <summary>The plan as it is shown to a person.</summary>
    public IReadOnlyList<CopiedSegment> Describe(DestinationState there, CopyOptions options) =>
    [
        .. Complete.Select(segment => new CopiedSegment(segment.Number, CopyAction.Complete, segment.Length, string.Empty))
            .Concat(Compare.Select(segment => new CopiedSegment(segment.Number, CopyAction.Compare, segment.Length, string.Empty)))
            .Concat(Restore.Select(segment => new CopiedSegment(segment.Number, CopyAction.Restore, segment.Length, "missing")))
            .Concat(Add.Select(segment => new CopiedSegment(segment.Number, CopyAction.Add, segment.Length, string.Empty)))
            .Concat(Superseded.Select(number => DescribeSuperseded(number, there, options)))
            .Concat(Leftovers.Select(number => new CopiedSegment(number, CopyAction.Remove, there.Segments[number], "interrupted")))
            .OrderBy(segment => segment.Segment),
    ];

    /// <summary>What becomes of a segment that the source does not have any more.</summary>
    public static CopiedSegment DescribeSuperseded(uint number, DestinationState there, CopyOptions options) => new(
        number,
        options.Mirror || there.Manifest.Bridges.Contains(number) ? CopyAction.Remove : CopyAction.SetAside,
        there.Segments[number],
        "compacted away");

    private List<SourceSegment> ListFor(in SourceSegment segment, DestinationState there, CopyOptions options)
    {
        bool isNew = !(segment.Number <= there.TransactionId);
        if (!there.Segments.TryGetValue(segment.Number, out long length))
        {
            return isNew ? Add : Restore;
        }

        bool isKnown = there.Manifest.Segments.TryGetValue(segment.Number, out ManifestEntry entry) && entry.Hash is not null && entry.Describes(segment);
        if (isNew)
        {
            // Without a repository around it nothing is held back.
            bool isReady = isKnown && (length == segment.Length || (length == entry.DataLength && !there.IsNew));
            return isReady ? Ready : Add;
        }

        return !isKnown || options.CompareContent ? Compare
            : length == segment.Length ? Keep
            : length == entry.DataLength ? Complete
            : Compare;
    }

    private void AddOnlyThere(IReadOnlyDictionary<uint, SourceSegment> segments, DestinationState there, CopyOptions options)
    {
        List<uint> foreign = [];
        foreach ((uint number, long length) in there.Segments)
        {
            if (segments.ContainsKey(number))
            {
                continue;
            }

            bool isOurs = there.Manifest.Bridges.Contains(number)
                || (there.Manifest.Segments.TryGetValue(number, out ManifestEntry entry) && (entry.Hash is null || length == entry.Length || length == entry.DataLength));
            if (!isOurs && !options.Adopt)
            {
                foreign.Add(number);
            }
            else if (number <= there.TransactionId)
            {
                Superseded.Add(number);
            }
            else
            {
                Leftovers.Insert(0, number);
            }
        }

        if (foreign.Count > 0)
        {
            throw new CopyRefusedException(
                there.Name,
                CopyRefusal.Diverged,
                $"it has segments that no copy brought there and the source does not have: {string.Join(", ", foreign.Take(10))}{(foreign.Count > 10 ? ", ..." : string.Empty)}. Somebody wrote to it, or it was copied by other means.",
                foreign);
        }
    }
}
