using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using BorgRepo.Core.Format;
using BorgRepo.Core.Tests.Simulation;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>
/// Reads a log the plainest way, sharing nothing with the engine but the number of an object: what is committed by the
/// segments alone. An engine that trusts its caches must come to the same.
/// </summary>
internal static class LogOracle
{
    private static readonly byte[] s_magic = [0x42, 0x4f, 0x52, 0x47, 0x5f, 0x53, 0x45, 0x47];
    private static readonly byte[] s_commit = [0x40, 0xf4, 0x3c, 0x25, 0x09, 0, 0, 0, 2];

    /// <summary>The objects of the last transaction.</summary>
    /// <exception cref="InvalidDataException">A segment up to the last commit is damaged.</exception>
    public static Dictionary<ObjectId, byte[]> Read(DiskContents disk, string repository)
    {
        SortedDictionary<uint, byte[]> segments = [];
        foreach ((string path, byte[]? content) in disk.Entries)
        {
            string[] parts = path.StartsWith(repository + "/data/", StringComparison.Ordinal) ? path[(repository.Length + 6)..].Split('/') : [];
            if (parts.Length == 2 && content is not null && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
            {
                segments.Add(number, content);
            }
        }

        Dictionary<ObjectId, byte[]> objects = [];
        if (!segments.Reverse().Any(s => IsCommitted(s.Value)))
        {
            return objects;
        }

        uint last = segments.Reverse().First(s => IsCommitted(s.Value)).Key;
        foreach ((uint number, byte[] content) in segments.Where(s => s.Key <= last && s.Value.Length > 0))
        {
            if (!TryReplay(content, (id, value) => Apply(objects, id, value), out _))
            {
                throw new InvalidDataException($"Segment {number} is damaged, the last commit is in {last}.");
            }
        }

        return objects;
    }

    private static void Apply(Dictionary<ObjectId, byte[]> objects, ObjectId id, byte[]? value)
    {
        if (value is null)
        {
            objects.Remove(id);
        }
        else
        {
            objects[id] = value;
        }
    }

    private static bool IsCommitted(byte[] segment) =>
        segment.Length >= 17 && segment.AsSpan(segment.Length - 9).SequenceEqual(s_commit)
        && TryReplay(segment, (_, _) => { }, out bool endsCommitted) && endsCommitted;

    private static bool TryReplay(byte[] segment, Action<ObjectId, byte[]?> visit, out bool endsCommitted)
    {
        endsCommitted = false;
        if (!segment.AsSpan().StartsWith(s_magic))
        {
            return false;
        }

        bool afterCommit = false;
        bool entryAfterCommit = false;
        ReadOnlySpan<byte> rest = segment.AsSpan(8);
        while (rest.Length > 0)
        {
            if (rest.Length < 9)
            {
                return false;
            }

            uint size = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            byte tag = rest[8];
            bool fits = tag switch { 0 => size is >= 41 and <= 20 << 20, 1 => size == 41, 2 => size == 9, _ => false };
            if (!fits || size > rest.Length || Crc32.HashToUInt32(rest[4..(int)size]) != BinaryPrimitives.ReadUInt32LittleEndian(rest))
            {
                return false;
            }

            if (tag == 2)
            {
                afterCommit = true;
            }
            else
            {
                entryAfterCommit |= afterCommit;
                visit(new ObjectId(rest.Slice(9, 32)), tag == 0 ? rest[41..(int)size].ToArray() : null);
            }

            rest = rest[(int)size..];
        }

        endsCommitted = afterCommit && !entryAfterCommit;
        return true;
    }
}
