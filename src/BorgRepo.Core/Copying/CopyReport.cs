using BorgRepo.Core.Format;

namespace BorgRepo.Core.Copying;

/// <summary>What a copy did, or would do.</summary>
public sealed record CopyReport
{
    /// <summary>True for a plan: nothing was changed.</summary>
    public required bool IsPlan { get; init; }

    /// <summary>True if there was no repository at the destination before.</summary>
    public required bool IsNew { get; init; }

    /// <summary>Id of the repository, and so of its copy.</summary>
    public required ObjectId Id { get; init; }

    /// <summary>Path or location of the copy.</summary>
    public required string Destination { get; init; }

    /// <summary>The copy's last transaction before; null if there was none.</summary>
    public required uint? TransactionBefore { get; init; }

    /// <summary>The copy's last transaction now, which is that of the source; null if there is none yet.</summary>
    public required uint? TransactionId { get; init; }

    /// <summary>Objects in the copy.</summary>
    public required int ObjectCount { get; init; }

    /// <summary>Every segment that is not simply kept, in the order of the numbers.</summary>
    public required IReadOnlyList<CopiedSegment> Segments { get; init; }

    /// <summary>Segments that were there already.</summary>
    public required int KeptSegments { get; init; }

    /// <summary>Bytes of them.</summary>
    public required long KeptBytes { get; init; }

    /// <summary>Segments of the source that are damaged. They were copied as they are, unless the destination holds a sound one.</summary>
    public required IReadOnlyList<uint> DamagedInSource { get; init; }

    /// <summary>How many segments an action concerns.</summary>
    public int Count(params ReadOnlySpan<CopyAction> actions) => Select(actions).Count;

    /// <summary>Bytes of the segments that an action concerns.</summary>
    public long Bytes(params ReadOnlySpan<CopyAction> actions) => Select(actions).Sum(segment => segment.Bytes);

    private List<CopiedSegment> Select(ReadOnlySpan<CopyAction> actions)
    {
        List<CopiedSegment> found = [];
        foreach (CopiedSegment segment in Segments)
        {
            if (actions.Contains(segment.Action))
            {
                found.Add(segment);
            }
        }

        return found;
    }
}
