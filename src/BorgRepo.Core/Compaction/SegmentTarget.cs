using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Compaction;

/// <summary>Compacts for real: into the segments of a transaction whose own changes are committed already.</summary>
internal sealed class SegmentTarget(Transaction transaction) : ICompactionTarget
{
    private readonly HashSet<string> _foldersWithRemovals = [];
    private readonly HashSet<string> _unsyncedFolders = [];

    /// <inheritdoc/>
    public string Activity => "Compacting segments";

    /// <inheritdoc/>
    public bool WouldRoll(in ObjectId id) => transaction.Writer.WouldRoll(id);

    /// <inheritdoc/>
    public uint Copy(SegmentReader source, in SegmentEntry entry)
    {
        EntryLocation location = transaction.Writer.Copy(entry.Id, source.Load(entry));
        if (entry.Tag == EntryTag.Put)
        {
            transaction.Index.Set(entry.Id, location);
        }

        return location.Segment;
    }

    /// <inheritdoc/>
    public uint Commit(bool intermediate)
    {
        // What follows a COMMIT cannot be undone: sources are removed. Copying may have taken hours.
        transaction.RequireLock();
        return transaction.Writer.WriteCommit(intermediate);
    }

    /// <inheritdoc/>
    public void Remove(uint segment)
    {
        transaction.Context.Store.Delete(segment);
        string folder = transaction.Context.Store.FolderOf(segment);
        _foldersWithRemovals.Add(folder);
        _unsyncedFolders.Add(folder);
    }

    /// <inheritdoc/>
    public void MakeRemovalsDurable()
    {
        foreach (string folder in _unsyncedFolders)
        {
            transaction.Context.Services.FileSystem.SyncDirectory(folder);
        }

        _unsyncedFolders.Clear();
    }

    /// <inheritdoc/>
    public void FinishRemovals() => transaction.Context.Store.FinishRemovals(_foldersWithRemovals);
}
