using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;

namespace BorgRepo.Core.Tests.Index;

/// <summary>A repository folder in memory and a store that works on it.</summary>
internal sealed class IndexStoreFixture
{
    public const string Folder = "/repo";

    private readonly WatchedFileSystem _watched;
    private int _budget = int.MaxValue;

    public IndexStoreFixture()
    {
        _watched = new WatchedFileSystem(Memory, Folder) { Before = Refuse };
        Memory.AddDirectory(Folder);
        Store = new IndexStore(new RepositoryServices(_watched, new SimulatedEnvironment(), notice => Notices.Add(notice)), Folder);
    }

    public MemoryFileSystem Memory { get; } = new();

    /// <summary>What was done to the folder since the last call of <see cref="Watch"/>.</summary>
    public IReadOnlyList<string> Operations => _watched.Operations;

    /// <summary>True: removals are not refused, as on a full disk.</summary>
    public bool RemovalsAlwaysWork { get; set; }

    public IndexStore Store { get; }

    public List<RepositoryNotice> Notices { get; } = [];

    public IEnumerable<string> Names => Memory.Files(Folder).Select(path => Path.GetFileName(path)!);

    public byte[] this[string name]
    {
        get => Memory.ReadAllBytes($"{Folder}/{name}");
        set => Memory.WriteAllBytes($"{Folder}/{name}", value);
    }

    /// <summary>The example repository of docs/format.md: K0 put twice, K1 put and deleted.</summary>
    public static HashIndex ExampleIndex()
    {
        HashIndex index = new();
        index.Set(Ids.Ascii('0'), new EntryLocation(0, 8));
        index.Set(Ids.Ascii('1'), new EntryLocation(0, 52));
        index.Set(Ids.Ascii('0'), new EntryLocation(0, 178));
        index.Remove(Ids.Ascii('1'), out _);
        return index;
    }

    public static SegmentUsage ExampleUsage()
    {
        SegmentUsage usage = new() { QuotaUse = 133 };
        usage.AddUse(0);
        usage.Track(1);
        usage.SetFreeable(0, 170);
        usage.SetFreeable(1, 9);
        usage.AddShadow(Ids.Ascii('1'), 0);
        return usage;
    }

    public void SaveExample(uint transaction, WriteFormat format = WriteFormat.Borg14)
    {
        using HashIndex index = ExampleIndex();
        Store.Save(transaction, index, ExampleUsage(), format);
    }

    /// <summary>From here on operations are noted, and refused after some of them.</summary>
    public void Watch(int budget = int.MaxValue)
    {
        _watched.Operations.Clear();
        _budget = budget;
    }

    public void Remove(string name) => Memory.DeleteFile($"{Folder}/{name}");

    public void Rename(string from, string to) => Memory.Replace($"{Folder}/{from}", $"{Folder}/{to}");

    private void Refuse(int number, string operation)
    {
        if (number > _budget && !(RemovalsAlwaysWork && operation.StartsWith("delete ", StringComparison.Ordinal)))
        {
            throw new IOException($"Refused: {operation}");
        }
    }
}
