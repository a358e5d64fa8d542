using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core;

/// <content>Looking into the log.</content>
public sealed partial class Repository
{
    /// <summary>What each segment holds, in ascending order. Reads headers.</summary>
    /// <param name="segments">Which segments; null for all.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    public IEnumerable<SegmentInfo> GetSegments(SegmentSelection? segments = null, CancellationToken cancellationToken = default)
    {
        bool isLiveKnown = PrepareInspection(out uint? last, cancellationToken);
        foreach (SegmentFile file in Choose(segments, "Reading headers", cancellationToken))
        {
            yield return Inspect(file, last, isLiveKnown, cancellationToken);
        }
    }

    /// <summary>The log itself in its order, superseded entries included; damage is given in its place.</summary>
    /// <param name="segments">Which segments; null for all up to the last transaction and beyond.</param>
    /// <param name="cancellationToken">Checked between entries.</param>
    public IEnumerable<EntryInfo> GetEntries(SegmentSelection? segments = null, CancellationToken cancellationToken = default)
    {
        bool isLiveKnown = PrepareInspection(out _, cancellationToken);
        foreach (SegmentFile file in Choose(segments, "Reading entries", cancellationToken))
        {
            foreach (EntryInfo entry in ReadEntries(file, isLiveKnown, cancellationToken))
            {
                yield return entry;
            }
        }
    }

    /// <summary>Transactions in ascending order: those of the append-only log and those whose COMMIT is on the disk.</summary>
    /// <param name="cancellationToken">Checked between segments.</param>
    public IReadOnlyList<TransactionInfo> GetTransactions(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            return TransactionHistory.Read(_context, FindLastTransaction(cancellationToken), cancellationToken);
        }
    }

    /// <summary>Numbers of the segments in ascending order. Lists folders only, takes no lock.</summary>
    public IEnumerable<uint> ListSegmentNumbers() => _context.Store.Enumerate().Select(file => file.Number);

    /// <summary>Segments that end with a COMMIT, newest first: ids of transactions, unverified. Takes no lock.</summary>
    public IEnumerable<uint> ListCommits() => _context.Store.EnumerateDescending()
        .Where(file => CommitRule.EndsWithCommit(_services.FileSystem, file))
        .Select(file => file.Number);

    /// <summary>What going back to an earlier transaction would move aside. Writes nothing.</summary>
    /// <param name="transactionId">The transaction to go back to.</param>
    /// <param name="force">Plan it for a repository that is not append-only too.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    /// <exception cref="InvalidTransactionStateException">There is no such transaction, or the repository is not append-only.</exception>
    public RestorePlan PlanRestore(uint transactionId, bool force = false, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            BeginMaintenance("go back to an earlier transaction");
            RequireRestorable(transactionId, force);
            return TransactionRestore.Plan(_context, transactionId, cancellationToken);
        }
    }

    /// <summary>
    /// Goes back to an earlier transaction. Newer segments are moved into a dated folder in the repository; nothing is
    /// deleted. Only append-only repositories are sure to still have all that the transaction consisted of.
    /// </summary>
    /// <param name="transactionId">The transaction to go back to.</param>
    /// <param name="force">Do it in a repository that is not append-only too.</param>
    /// <param name="cancellationToken">Checked before anything is moved.</param>
    /// <exception cref="InvalidTransactionStateException">There is no such transaction, or the repository is not append-only.</exception>
    public RestoreOutcome RestoreTransaction(uint transactionId, bool force = false, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            BeginMaintenance("go back to an earlier transaction");
            RequireWritable(cancellationToken);
            RequireRestorable(transactionId, force);
            DropState();
            return TransactionRestore.Run(_context, transactionId, cancellationToken);
        }
    }

    private void RequireRestorable(uint transactionId, bool force)
    {
        if (!AppendOnly && !force)
        {
            throw new InvalidTransactionStateException(
                $"{Path} is not append-only: compaction may have removed what transaction {transactionId} consisted of. If you know that it did not, force it.");
        }
    }

    // Of a repository that is damaged, or has lost its index, people want to see most: then only what is live is not known.
    private bool PrepareInspection(out uint? last, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            try
            {
                RequireIndex(cancellationToken);
                last = TransactionId;
                return true;
            }
            catch (BorgRepositoryException error) when (error is IntegrityException or CheckNeededException or SegmentMissingException)
            {
                _services.Notify(NoticeLevel.Warning, $"Which entries are current is not known. {error.Message}");
                last = FindLastTransaction(cancellationToken);
                return false;
            }
        }
    }

    private uint? FindLastTransaction(CancellationToken cancellationToken) =>
        _transaction is { } active ? active.LastTransactionId
        : _state is { } state ? state.TransactionId
        : _context.Store.FindLatestCommitted(cancellationToken);

    private IEnumerable<SegmentFile> Choose(SegmentSelection? segments, string activity, CancellationToken cancellationToken)
    {
        List<(SegmentFile File, long Length)> chosen = [.. _context.Store.Enumerate()
            .Where(file => segments?.Contains(file.Number) != false)
            .Select(file => (file, _context.Store.GetLength(file.Number)))];
        long total = chosen.Sum(segment => segment.Length);
        long done = 0;
        foreach ((SegmentFile file, long length) in chosen)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _services.Progress?.Invoke(new OperationProgress(activity, done, total, $"segment {file.Number}"));
            yield return file;
            done += length;
        }
    }

    private SegmentInfo Inspect(SegmentFile file, uint? last, bool isLiveKnown, CancellationToken cancellationToken)
    {
        PathInfo info = _services.FileSystem.GetInfo(file.Path);
        long puts = 0;
        long deletes = 0;
        long commits = 0;
        long live = 0;
        long liveBytes = 0;
        string? damage = null;
        try
        {
            using SegmentReader reader = SegmentReader.Open(_services.FileSystem, file, SegmentReadMode.Headers);
            while (reader.TryRead(out SegmentEntry entry))
            {
                cancellationToken.ThrowIfCancellationRequested();
                puts += entry.Tag == EntryTag.Put ? 1 : 0;
                deletes += entry.Tag == EntryTag.Delete ? 1 : 0;
                commits += entry.Tag == EntryTag.Commit ? 1 : 0;
                if (isLiveKnown && IsCurrent(file.Number, entry))
                {
                    live++;
                    liveBytes += entry.Size;
                }
            }
        }
        catch (IntegrityException error)
        {
            damage = error.Message;
        }

        return new SegmentInfo
        {
            Segment = file.Number,
            Path = file.Path,
            FileBytes = info.Length,
            LastWriteUtc = info.LastWriteUtc,
            PutCount = puts,
            DeleteCount = deletes,
            CommitCount = commits,
            IsLiveKnown = isLiveKnown,
            LiveCount = live,
            LiveBytes = liveBytes,
            IsCommitted = file.Number <= last,
            Damage = damage,
        };
    }

    private IEnumerable<EntryInfo> ReadEntries(SegmentFile file, bool isLiveKnown, CancellationToken cancellationToken)
    {
        long resume = 0;
        bool damaged = false;
        using (SegmentReader? reader = TryOpen(file, ref damaged))
        {
            while (reader is not null && TryRead(reader, out SegmentEntry entry, ref damaged))
            {
                cancellationToken.ThrowIfCancellationRequested();
                resume = reader.Position;
                yield return Describe(file.Number, entry, isLiveKnown);
            }
        }

        if (!damaged)
        {
            yield break;
        }

        List<EntryInfo> rest = [];
        using (SegmentSalvage salvage = new(_services.FileSystem, file, (id, offset) => isLiveKnown && IsCurrent(id, new EntryLocation(file.Number, offset))))
        {
            salvage.Run(
                resume,
                entry => rest.Add(Describe(file.Number, entry, isLiveKnown)),
                range => rest.Add(new EntryInfo(range.Segment, range.Start, null, range.End - range.Start, null, false, range.Cause.Reason)),
                cancellationToken);
        }

        foreach (EntryInfo entry in rest)
        {
            yield return entry;
        }
    }

    private SegmentReader? TryOpen(SegmentFile file, ref bool damaged)
    {
        try
        {
            return SegmentReader.Open(_services.FileSystem, file, SegmentReadMode.Verify);
        }
        catch (IntegrityException)
        {
            damaged = true;
            return null;
        }
    }

    private static bool TryRead(SegmentReader reader, out SegmentEntry entry, ref bool damaged)
    {
        try
        {
            return reader.TryRead(out entry);
        }
        catch (IntegrityException)
        {
            entry = default;
            damaged = true;
            return false;
        }
    }

    private EntryInfo Describe(uint segment, in SegmentEntry entry, bool isLiveKnown) => new(
        segment,
        entry.Offset,
        entry.Tag,
        entry.Size,
        entry.Tag == EntryTag.Commit ? null : entry.Id,
        isLiveKnown ? IsCurrent(segment, entry) : null,
        null);

    private bool IsCurrent(uint segment, in SegmentEntry entry) =>
        entry.Tag == EntryTag.Put && IsCurrent(entry.Id, new EntryLocation(segment, entry.Offset));

    private bool IsCurrent(in ObjectId id, EntryLocation here)
    {
        lock (_gate)
        {
            return RequireIndex().TryGet(id, out EntryLocation location) && location == here;
        }
    }
}
