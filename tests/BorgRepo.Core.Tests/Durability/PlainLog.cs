using System.Buffers.Binary;
using BorgRepo.Core.Format;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>Entries of undamaged segments, read the plainest way.</summary>
internal static class PlainLog
{
    private const int MagicSize = 8;
    private const int KeyStart = 9;
    private const int ValueStart = 41;

    /// <summary>All entries of a segment, in order; ends at the first one that is cut off.</summary>
    public static IEnumerable<PlainEntry> Parse(uint number, byte[] segment)
    {
        for (int at = MagicSize; at + KeyStart <= segment.Length;)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(segment.AsSpan(at + 4));
            if (at + size > segment.Length)
            {
                yield break;
            }

            EntryTag tag = (EntryTag)segment[at + 8];
            ObjectId id = tag == EntryTag.Commit ? default : new ObjectId(segment.AsSpan(at + KeyStart, ObjectId.Length));
            yield return new PlainEntry(number, at, size, tag, id, tag == EntryTag.Put ? segment[(at + ValueStart)..(at + size)] : null);
            at += size;
        }
    }

    /// <summary>The current PUT of each object after some entries, by number of the segment.</summary>
    public static Dictionary<ObjectId, PlainEntry> Replay(IEnumerable<PlainEntry> entries)
    {
        Dictionary<ObjectId, PlainEntry> objects = [];
        foreach (PlainEntry entry in entries.OrderBy(entry => entry.Segment).ThenBy(entry => entry.Offset))
        {
            if (entry.Tag == EntryTag.Put)
            {
                objects[entry.Id] = entry;
            }
            else if (entry.Tag == EntryTag.Delete)
            {
                objects.Remove(entry.Id);
            }
        }

        return objects;
    }
}
