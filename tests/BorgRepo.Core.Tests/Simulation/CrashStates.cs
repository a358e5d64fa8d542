namespace BorgRepo.Core.Tests.Simulation;

/// <summary>Enumerates what a crash at one moment may leave on a disk.</summary>
internal static class CrashStates
{
    private const int MostSingleNames = 8;

    /// <summary>
    /// The states that tell most, and some by chance: all or no names with all, no, zeroed or garbled content; the last write
    /// cut at 0, 1 and n-1 bytes and at sector borders, the rest missing, zeros or garbage; each single name missing or
    /// alone; any combination.
    /// </summary>
    /// <param name="image">The disk.</param>
    /// <param name="seed">Decides the chances.</param>
    /// <param name="chances">How many states by chance.</param>
    public static IEnumerable<DiskContents> Enumerate(DiskImage image, int seed, int chances)
    {
        Random random = new(seed);
        int names = image.PendingNames.Count;
        IReadOnlyList<int> files = image.UnsyncedFiles;
        if (names == 0 && files.Count == 0)
        {
            yield return image.Crash(_ => true, _ => UnsyncedContent.Complete);
            yield break;
        }

        foreach (UnsyncedContent content in (UnsyncedContent[])[UnsyncedContent.Complete, UnsyncedContent.Lost, UnsyncedContent.Zeros, UnsyncedContent.Garbage])
        {
            yield return image.Crash(_ => true, _ => content);
        }

        yield return image.Crash(_ => false, _ => UnsyncedContent.Complete);
        yield return image.Crash(_ => false, _ => UnsyncedContent.Lost);
        if (files.Count > 0)
        {
            foreach (UnsyncedContent cut in CutLastWrite(image, files[^1], random))
            {
                yield return image.Crash(_ => true, file => file == files[^1] ? cut : UnsyncedContent.Complete);
                yield return image.Crash(_ => true, file => file == files[^1] ? cut : UnsyncedContent.Lost);
            }
        }

        foreach (int one in Some(names, random))
        {
            yield return image.Crash(i => i != one, _ => UnsyncedContent.Complete);
            HashSet<int> needed = Needed(image, one);
            yield return image.Crash(needed.Contains, _ => UnsyncedContent.Complete);
            yield return image.Crash(needed.Contains, _ => UnsyncedContent.Lost);
        }

        for (int i = 0; i < chances; i++)
        {
            bool[] isThere = [.. Enumerable.Range(0, names).Select(_ => random.Next(2) == 0)];
            Dictionary<int, UnsyncedContent> contents = files.ToDictionary(file => file, file => ByChance(image.PendingContent(file), random));
            yield return image.Crash(n => isThere[n], file => contents[file]);
        }
    }

    private static IEnumerable<UnsyncedContent> CutLastWrite(DiskImage image, int file, Random random)
    {
        IReadOnlyList<DiskOperation> changes = image.PendingContent(file);
        int last = changes.Count - 1;
        int length = changes[last].Bytes?.Length ?? 0;
        int firstBorder = (int)(UnsyncedContent.SectorSize - (changes[last].Position % UnsyncedContent.SectorSize));
        int someBorder = firstBorder + (UnsyncedContent.SectorSize * random.Next(1 + (length / UnsyncedContent.SectorSize)));

        // Within bytes that are overwritten a cut is only possible between sectors: they are written as a whole.
        long overwritten = image.LengthBefore(file, last) - changes[last].Position;
        SortedSet<int> cuts = [0, 1, length - 1, firstBorder, someBorder];
        foreach (int cut in cuts.Where(cut => cut >= 0 && cut < length && (cut >= overwritten || cut % UnsyncedContent.SectorSize == firstBorder || cut == 0)))
        {
            yield return new UnsyncedContent(last, cut);
            yield return new UnsyncedContent(last, cut, Tail.Zeros);
            yield return new UnsyncedContent(last, cut, Tail.Garbage);
        }
    }

    private static UnsyncedContent ByChance(IReadOnlyList<DiskOperation> changes, Random random) => random.Next(5) switch
    {
        0 => UnsyncedContent.Complete,
        1 => UnsyncedContent.Lost,
        2 => new UnsyncedContent(random.Next(changes.Count), 0, (Tail)random.Next(3)),
        _ => new UnsyncedContent(0, Seed: random.Next(1, int.MaxValue)),
    };

    private static IEnumerable<int> Some(int count, Random random)
    {
        int[] all = [.. Enumerable.Range(0, count)];
        if (count <= MostSingleNames)
        {
            return all;
        }

        // The newest ones are what this moment is about; older ones had their turn, and get some more.
        random.Shuffle(all);
        return Enumerable.Range(count - (MostSingleNames / 2), MostSingleNames / 2).Concat(all).Distinct().Take(MostSingleNames);
    }

    private static HashSet<int> Needed(DiskImage image, int one)
    {
        HashSet<int> needed = [one];
        HashSet<(int, string)> slots = [.. image.PendingNames[one].Slots];
        for (int i = one - 1; i >= 0; i--)
        {
            if (image.PendingNames[i].Slots.Any(slots.Contains))
            {
                needed.Add(i);
                slots.UnionWith(image.PendingNames[i].Slots);
            }
        }

        return needed;
    }
}
