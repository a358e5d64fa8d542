using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;

namespace BorgRepo.Core;

/// <summary>
/// Compares the objects of two repositories, wherever in their logs they stand. In the order of the reference's disk, which is
/// the order of a copy's too; memory does not grow with the number of objects.
/// </summary>
/// <param name="reference">The one.</param>
/// <param name="difference">The other.</param>
/// <param name="compareContent">
/// Read the values and compare them. Otherwise id, size and the checksum that stands before each value decide, which is quick
/// but does not notice a value that was damaged on its disk. Behind a server there are only values.
/// </param>
public sealed class RepositoryComparison(IObjectRepository reference, IObjectRepository difference, bool compareContent)
{
    private const int BatchSize = 64;

    /// <summary>Receives how many objects were compared, and of how many.</summary>
    public Action<long, long>? Progress { get; init; }

    /// <summary>Gives every object of either of them.</summary>
    public IEnumerable<ObjectDifference> Run(CancellationToken cancellationToken)
    {
        long total = (long)reference.Count + difference.Count;
        long done = 0;
        IEnumerable<ObjectDifference> inReference = !compareContent && reference is Repository here && difference is Repository there
            ? CompareHeaders(here, there, cancellationToken)
            : CompareValues(cancellationToken);
        foreach (ObjectDifference found in inReference.Concat(FindOthers(cancellationToken)))
        {
            cancellationToken.ThrowIfCancellationRequested();

            // One that both have was passed in both.
            done += found.Kind is DifferenceKind.OnlyInReference or DifferenceKind.OnlyInDifference ? 1 : 2;
            Progress?.Invoke(done, total);
            yield return found;
        }
    }

    private static IEnumerable<ObjectDifference> CompareHeaders(Repository here, Repository there, CancellationToken cancellationToken)
    {
        int seen = 0;
        foreach (ObjectInfo info in here.Scan(null, null, cancellationToken))
        {
            seen++;
            yield return CompareHeader(info.Id, here, there);
        }

        if (seen == here.Count)
        {
            yield break;
        }

        // A scan passes over what has no readable header.
        foreach (ObjectId id in here.List())
        {
            if (TryReadHeader(here, id, out _) is not null)
            {
                yield return CompareHeader(id, here, there);
            }
        }
    }

    private static ObjectDifference CompareHeader(in ObjectId id, Repository here, Repository there)
    {
        string? fault = TryReadHeader(here, id, out EntryHeader? left);
        string? otherFault = TryReadHeader(there, id, out EntryHeader? right);
        if (otherFault is null && right is null)
        {
            return new ObjectDifference(id, DifferenceKind.OnlyInReference, SizeOf(left), null, fault ?? string.Empty);
        }

        DifferenceKind kind = fault is not null || otherFault is not null ? DifferenceKind.Unreadable
            : left == right ? DifferenceKind.Equal
            : DifferenceKind.Different;
        return new ObjectDifference(id, kind, SizeOf(left), SizeOf(right), Explain(fault, otherFault));
    }

    private static int? SizeOf(EntryHeader? header) => (int?)header?.Size - LogEntry.KeyedHeaderSize;

    private static string? TryReadHeader(Repository repository, in ObjectId id, out EntryHeader? header)
    {
        try
        {
            header = repository.FindHeader(id);
            return null;
        }
        catch (BorgRepositoryException error) when (ObjectReading.ConcernsOneObject(error))
        {
            header = null;
            return error.Message;
        }
    }

    private static string Explain(string? fault, string? otherFault) =>
        string.Join(' ', new[] { fault is null ? null : $"reference: {fault}", otherFault is null ? null : $"difference: {otherFault}" }.OfType<string>());

    private IEnumerable<ObjectDifference> CompareValues(CancellationToken cancellationToken)
    {
        // Index order where the order on the disk would pass over what is damaged; a server gives ids in no other.
        foreach (ObjectId[] ids in reference.List().Chunk(BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectId[] common = [.. ids.Where(id => difference.Contains(id))];
            Dictionary<ObjectId, ObjectReading> others = difference.ReadMany(common).ToDictionary(reading => reading.Id);
            foreach (ObjectReading reading in reference.ReadMany(ids))
            {
                yield return others.TryGetValue(reading.Id, out ObjectReading other)
                    ? Compare(reading, other)
                    : new ObjectDifference(reading.Id, DifferenceKind.OnlyInReference, reading.Value?.Length, null, reading.Error?.Message ?? string.Empty);
            }
        }
    }

    private static ObjectDifference Compare(in ObjectReading reading, in ObjectReading other)
    {
        DifferenceKind kind = !reading.IsRead || !other.IsRead ? DifferenceKind.Unreadable
            : reading.Value.AsSpan().SequenceEqual(other.Value) ? DifferenceKind.Equal
            : DifferenceKind.Different;
        return new ObjectDifference(
            reading.Id, kind, reading.Value?.Length, other.Value?.Length, Explain(reading.Error?.Message, other.Error?.Message));
    }

    private IEnumerable<ObjectDifference> FindOthers(CancellationToken cancellationToken)
    {
        foreach (ObjectId id in difference.List())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (reference.Contains(id))
            {
                continue;
            }

            string? fault = null;
            EntryHeader? header = null;
            if (difference is Repository there)
            {
                fault = TryReadHeader(there, id, out header);
            }

            yield return new ObjectDifference(id, DifferenceKind.OnlyInDifference, null, SizeOf(header), fault ?? string.Empty);
        }
    }
}
