using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Tests.Traps;

namespace BorgRepo.Core.Tests.Checking;

/// <summary>Saves wrong indexes and hints for the newest transaction, with digests that vouch for them.</summary>
internal static class CacheTampering
{
    public static ScriptedRepository WithIndex(this ScriptedRepository repository, Action<HashIndex> change) => repository.WithCaches(change, _ => { });

    public static ScriptedRepository WithHints(this ScriptedRepository repository, Action<SegmentUsage> change) => repository.WithCaches(_ => { }, change);

    public static ScriptedRepository WithCaches(this ScriptedRepository repository, Action<HashIndex> changeIndex, Action<SegmentUsage> changeHints)
    {
        IndexStore store = new(repository.Services, repository.Path);
        uint transaction = store.FindLatest() ?? throw new InvalidOperationException("There is no index to change.");
        using HashIndex index = store.LoadIndex(transaction);
        SegmentUsage usage = store.LoadHints(transaction);
        changeIndex(index);
        changeHints(usage);
        store.Save(transaction, index, usage, WriteFormat.Borg14);
        return repository;
    }

    /// <summary>Lets the engine save index and hints for the log that is there.</summary>
    public static ScriptedRepository Indexed(this ScriptedRepository repository)
    {
        using Repository session = repository.Open();
        _ = session.Count;
        return repository;
    }
}
