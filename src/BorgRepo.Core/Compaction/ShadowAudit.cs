using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Compaction;

/// <summary>
/// Makes certain that hints know every older PUT of those keys whose DELETE is about to be dropped. borg 1.2.0 to 1.2.6
/// did not record PUTs that were overwritten, and their hints cannot be told from complete ones; a DELETE dropped on their
/// word would bring an object back at the next rebuild of the index.
/// 1. Collect the keys of DELETEs in the candidates that may be dropped: no older PUT is known but in other candidates.
/// 2. Read the headers of all segments that can hold superseded PUTs: those marked, and those hints do not know.
/// 3. Record what was missing. Of a segment that cannot be read to its end, record that it may hold any of them.
/// </summary>
internal sealed class ShadowAudit(LogContext context, HashIndex index, SegmentUsage usage, uint? diskTransactionId)
{
    /// <summary>Completes the records for the DELETEs of the candidates.</summary>
    public void Complete(IReadOnlyList<CompactedSegment> candidates, CancellationToken cancellationToken)
    {
        Dictionary<ObjectId, ShadowedPuts> keys = [];
        HashSet<uint> going = [.. candidates.Select(candidate => candidate.Segment)];
        uint last = 0;
        foreach (uint segment in candidates.Select(candidate => candidate.Segment).Where(segment => segment <= diskTransactionId))
        {
            last = Collect(segment, going, keys, cancellationToken) ? segment : last;
        }

        if (keys.Count == 0)
        {
            return;
        }

        foreach (SegmentFile file in context.Store.Enumerate())
        {
            if (file.Number >= last)
            {
                break;
            }

            if (usage.TryGetFreeable(file.Number, out _) || !usage.IsTracked(file.Number))
            {
                Find(file.Number, keys, cancellationToken);
            }
        }

        Record(keys);
    }

    private bool Collect(uint segment, HashSet<uint> going, Dictionary<ObjectId, ShadowedPuts> keys, CancellationToken cancellationToken)
    {
        bool any = false;
        ReadHeaders(segment, entry =>
        {
            if (entry.Tag == EntryTag.Delete && !index.Contains(entry.Id)
                && usage.TryGetShadow(entry.Id, out ShadowedPuts older) && !older.AnyBelow(segment, going))
            {
                keys[entry.Id] = default;
                any = true;
            }
        }, cancellationToken);
        return any;
    }

    private void Find(uint segment, Dictionary<ObjectId, ShadowedPuts> keys, CancellationToken cancellationToken)
    {
        bool isWhole = ReadHeaders(segment, entry =>
        {
            if (entry.Tag == EntryTag.Put)
            {
                Add(keys, entry.Id, segment);
            }
        }, cancellationToken);
        if (!isWhole)
        {
            // A repair may bring back what stands behind the damage.
            foreach (ObjectId id in keys.Where(pair => !pair.Value.Contains(segment)).Select(pair => pair.Key).ToList())
            {
                Add(keys, id, segment);
            }
        }
    }

    private static void Add(Dictionary<ObjectId, ShadowedPuts> keys, in ObjectId id, uint segment)
    {
        ref ShadowedPuts found = ref CollectionsMarshal.GetValueRefOrNullRef(keys, id);
        if (!Unsafe.IsNullRef(ref found))
        {
            found = found.With(segment);
        }
    }

    private void Record(Dictionary<ObjectId, ShadowedPuts> keys)
    {
        foreach ((ObjectId id, ShadowedPuts found) in keys)
        {
            if (found.IsEmpty)
            {
                continue;
            }

            bool isKnown = usage.TryGetShadow(id, out ShadowedPuts list);
            if (isKnown && found.Count == 1 && list.Contains(found[0]))
            {
                continue;
            }

            List<uint> known = isKnown ? [.. list.ToArray()] : [];
            foreach (uint segment in found.ToArray())
            {
                if (!known.Remove(segment))
                {
                    usage.AddShadow(id, segment);
                }
            }
        }
    }

    private bool ReadHeaders(uint segment, Action<SegmentEntry> visit, CancellationToken cancellationToken)
    {
        if (!context.Store.Exists(segment))
        {
            return true;
        }

        try
        {
            using SegmentReader reader = context.Store.OpenReader(segment, SegmentReadMode.Headers);
            while (reader.TryRead(out SegmentEntry entry))
            {
                cancellationToken.ThrowIfCancellationRequested();
                visit(entry);
            }

            return true;
        }
        catch (IntegrityException)
        {
            // A damaged candidate is kept, with a warning of its own.
            return false;
        }
    }
}
