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
    /// <param name="cancellationToken">Checked between segments.</param>
    public IEnumerable<SegmentInfo> GetSegments(SegmentSelection? segments = null, CancellationToken cancellationToken = default)
    {
        uint? last = TransactionId;
        foreach (SegmentFile file in _context.Store.Enumerate())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (segments?.Contains(file.Number) != false)
            {
                yield return Inspect(file, last, cancellationToken);
            }
        }
    }

    /// <summary>The log itself in its order, superseded entries included; damage is given in its place.</summary>
    /// <param name="segments">Which segments; null for all up to the last transaction and beyond.</param>
    /// <param name="cancellationToken">Checked now and then.</param>
    public IEnumerable<EntryInfo> GetEntries(SegmentSelection? segments = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            RequireIndex(cancellationToken);
        }

        foreach (SegmentFile file in _context.Store.Enumerate())
        {
            if (segments?.Contains(file.Number) == false)
            {
                continue;
            }

            foreach (EntryInfo entry in ReadEntries(file, cancellationToken))
            {
                yield return entry;
            }
        }
    }

    /// <summary>Transactions in ascending order: those of the append-only log and those whose COMMIT is on the disk.</summary>
    public IReadOnlyList<TransactionInfo> GetTransactions()
    {
        lock (_gate)
        {
            return TransactionHistory.Read(_context, TransactionId);
        }
    }

    /// <summary>
    /// Goes back to an earlier transaction. Newer segments are moved into a dated folder in the repository; nothing is
    /// deleted. Only append-only repositories are sure to still have all that the transaction consisted of.
    /// </summary>
    /// <param name="transactionId">The transaction to go back to.</param>
    /// <param name="force">Do it in a repository that is not append-only too.</param>
    /// <param name="cancellationToken">Checked before anything is moved.</param>
    /// <returns>The folder that holds what was moved.</returns>
    public string RestoreTransaction(uint transactionId, bool force = false, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            RequireNoTransaction("go back to an earlier transaction");
            RequireWritable(cancellationToken);
            if (!AppendOnly && !force)
            {
                throw new InvalidTransactionStateException(
                    $"{Path} is not append-only: compaction may have removed what transaction {transactionId} consisted of. Only force goes back all the same.");
            }

            string aside = TransactionRestore.Run(_context, transactionId, cancellationToken);
            DropState();
            RequireState(withUsage: false, cancellationToken);
            return aside;
        }
    }

    private SegmentInfo Inspect(SegmentFile file, uint? last, CancellationToken cancellationToken)
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
                if (IsCurrent(file.Number, entry))
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
            LiveCount = live,
            LiveBytes = liveBytes,
            IsCommitted = file.Number <= last,
            Damage = damage,
        };
    }

    private IEnumerable<EntryInfo> ReadEntries(SegmentFile file, CancellationToken cancellationToken)
    {
        long resume = 0;
        bool damaged = false;
        using (SegmentReader? reader = TryOpen(file, ref damaged))
        {
            while (reader is not null && TryRead(reader, out SegmentEntry entry, ref damaged))
            {
                cancellationToken.ThrowIfCancellationRequested();
                resume = reader.Position;
                yield return Describe(file.Number, entry);
            }
        }

        if (!damaged)
        {
            yield break;
        }

        List<EntryInfo> rest = [];
        using (SegmentSalvage salvage = new(_services.FileSystem, file, (id, offset) => IsCurrent(id, new EntryLocation(file.Number, offset))))
        {
            salvage.Run(
                resume,
                entry => rest.Add(Describe(file.Number, entry)),
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

    private EntryInfo Describe(uint segment, in SegmentEntry entry) => new(
        segment, entry.Offset, entry.Tag, entry.Size, entry.Tag == EntryTag.Commit ? null : entry.Id, IsCurrent(segment, entry), null);

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
