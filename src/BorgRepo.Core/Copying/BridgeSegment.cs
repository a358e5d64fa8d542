using BorgRepo.Core.Format;
using BorgRepo.Core.Index;

namespace BorgRepo.Core.Copying;

/// <summary>
/// A segment of DELETEs that a copy makes itself and removes again. An object that was deleted between two copies may be gone
/// from the source together with its DELETE, which compaction drops when no PUT of it is left there. At the destination the
/// PUT still stands, in a segment that can be removed only after the new state is complete: until then the log would tell
/// of the object, and a rebuild of the index would bring it back. The DELETE that was dropped left its number free, so there
/// is a place for one of our own: after the old segments, before the new COMMIT.
/// </summary>
internal static class BridgeSegment
{
    // Far more than a day's deletions; beyond it the index is put in place before the COMMIT instead.
    private const int MostDeletes = 20_000_000;

    /// <summary>The content of the segment: a DELETE of each object that was there and is not any more.</summary>
    /// <returns>Empty if there are none, null if they are too many.</returns>
    public static byte[]? Build(HashIndex former, HashIndex current)
    {
        List<ObjectId> deleted = [];
        using (IndexCursor cursor = former.Enumerate())
        {
            while (cursor.MoveNext(out ObjectId id, out _))
            {
                if (!current.Contains(id))
                {
                    deleted.Add(id);
                }
            }
        }

        if (deleted.Count is 0 or > MostDeletes)
        {
            return deleted.Count == 0 ? [] : null;
        }

        byte[] content = new byte[LogEntry.MagicSize + (deleted.Count * LogEntry.KeyedHeaderSize)];
        LogEntry.Magic.CopyTo(content);
        for (int i = 0; i < deleted.Count; i++)
        {
            LogEntry.WriteDelete(content.AsSpan(LogEntry.MagicSize + (i * LogEntry.KeyedHeaderSize)), deleted[i]);
        }

        return content;
    }

    /// <summary>A number for it between two transactions.</summary>
    public static uint? FindPlace(uint after, uint before, Func<uint, bool> isTaken)
    {
        for (uint number = after + 1; number < before; number++)
        {
            if (!isTaken(number))
            {
                return number;
            }
        }

        return null;
    }
}
