namespace BorgRepo.Core.Tests.Simulation;

/// <summary>What became of the changes of a file that were not synced when the machine stopped.</summary>
/// <param name="Whole">How many of them are there completely, from the first on; int.MaxValue for all.</param>
/// <param name="Part">Bytes that are there of the next one, a write.</param>
/// <param name="Tail">What stands in place of its other bytes.</param>
/// <param name="Seed">Other than 0: sector by sector some of them are there, by chance, and the other parameters do not count.</param>
internal readonly record struct UnsyncedContent(int Whole, int Part = 0, Tail Tail = Tail.Missing, int Seed = 0)
{
    /// <summary>What a disk writes as a whole.</summary>
    public const int SectorSize = 512;

    /// <summary>Everything arrived.</summary>
    public static UnsyncedContent Complete { get; } = new(int.MaxValue);

    /// <summary>Nothing arrived.</summary>
    public static UnsyncedContent Lost { get; } = new(0);

    /// <summary>The length arrived, the bytes did not: zeros.</summary>
    public static UnsyncedContent Zeros { get; } = new(0, 0, Tail.Zeros);

    /// <summary>The length arrived, the bytes did not: what the blocks held before.</summary>
    public static UnsyncedContent Garbage { get; } = new(0, 0, Tail.Garbage);

    /// <summary>The content after the crash.</summary>
    public byte[] Apply(byte[] durable, IReadOnlyList<DiskOperation> changes)
    {
        if (Seed != 0)
        {
            return ApplyByChance(durable, changes, new Random(Seed));
        }

        MemoryStream content = new();
        content.Write(durable);
        for (int i = 0; i < changes.Count; i++)
        {
            if (i < Whole)
            {
                Apply(content, changes[i], changes[i].Bytes?.Length ?? 0, Tail.Missing, true);
            }
            else if (i == Whole || Tail != Tail.Missing)
            {
                Apply(content, changes[i], i == Whole ? Part : 0, Tail, Tail != Tail.Missing);
            }
        }

        return content.ToArray();
    }

    // A sector is written as a whole, as memory holds it at that moment: it shows all changes up to some one. Other
    // sectors may be of other moments, and so may be the length.
    private static byte[] ApplyByChance(byte[] durable, IReadOnlyList<DiskOperation> changes, Random random)
    {
        byte[][] moments = [.. Enumerable.Range(0, changes.Count + 1).Select(count => new UnsyncedContent(count).Apply(durable, changes))];
        byte[] content = new byte[moments[random.Next(moments.Length)].Length];
        Tail unwritten = (Tail)random.Next(1, 3);
        for (int sector = 0; sector < content.Length; sector += SectorSize)
        {
            Span<byte> target = content.AsSpan(sector, Math.Min(SectorSize, content.Length - sector));
            byte[] source = moments[random.Next(moments.Length)];
            if (unwritten == Tail.Garbage)
            {
                random.NextBytes(target);
            }

            if (sector < source.Length)
            {
                ReadOnlySpan<byte> there = source.AsSpan(sector, Math.Min(target.Length, source.Length - sector));
                there.CopyTo(target);
            }
        }

        return content;
    }

    private static void Apply(MemoryStream content, DiskOperation change, int part, Tail tail, bool setsLength)
    {
        if (change.Kind == DiskOperationKind.SetLength)
        {
            if (setsLength)
            {
                content.SetLength(change.Position);
            }

            return;
        }

        part = Math.Min(part, change.Bytes!.Length);
        if (part > 0)
        {
            content.Position = change.Position;
            content.Write(change.Bytes, 0, part);
        }

        // Only where there was nothing before: a sector that is overwritten shows its old bytes or its new ones.
        long from = Math.Max(content.Length, change.Position + part);
        long end = change.Position + change.Bytes.Length;
        if (tail != Tail.Missing && from < end)
        {
            byte[] rest = new byte[end - from];
            if (tail == Tail.Garbage)
            {
                new Random(rest.Length).NextBytes(rest);
            }

            content.Position = from;
            content.Write(rest);
        }
    }
}

/// <summary>What stands where bytes did not arrive.</summary>
internal enum Tail
{
    /// <summary>Nothing: the file ends, or keeps what it had.</summary>
    Missing,

    /// <summary>Zeros.</summary>
    Zeros,

    /// <summary>Anything.</summary>
    Garbage,
}
