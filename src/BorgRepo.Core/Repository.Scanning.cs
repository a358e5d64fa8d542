using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core;

/// <content>Reading in the order of the disk.</content>
public sealed partial class Repository
{
    /// <inheritdoc/>
    public IEnumerable<ObjectId> ListInDiskOrder(int? limit = null, ObjectId? after = null, CancellationToken cancellationToken = default) =>
        Scan(limit, after, cancellationToken).Select(static info => info.Id);

    /// <summary>
    /// Current objects in the order in which they stand on the disk. Where the entries of a segment cannot be followed any
    /// more, the index tells the others; what has no readable header is passed over with a notice that names it.
    /// </summary>
    /// <param name="limit">How many at most; null for all.</param>
    /// <param name="after">Begin after this object.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    /// <exception cref="ObjectNotFoundException">There is no object <paramref name="after"/> to begin after.</exception>
    public IEnumerable<ObjectInfo> Scan(int? limit = null, ObjectId? after = null, CancellationToken cancellationToken = default)
    {
        EntryLocation? start = null;
        lock (_gate)
        {
            HashIndex index = RequireIndex(cancellationToken);
            if (after is { } marker)
            {
                start = index.TryGet(marker, out EntryLocation location) ? location : throw new ObjectNotFoundException(marker, Path);
            }
        }

        return ScanFrom(start, cancellationToken).Take(limit ?? int.MaxValue);
    }

    private IEnumerable<ObjectInfo> ScanFrom(EntryLocation? start, CancellationToken cancellationToken)
    {
        List<ObjectInfo> batch = new(ListBatch);
        foreach (SegmentFile file in _context.Store.Enumerate())
        {
            if ((start is { } from && file.Number < from.Segment) || !IsInLog(file.Number))
            {
                continue;
            }

            // Where to go on by the index, if it turns out that the entries do not lead there.
            long position = start is { } first && first.Segment == file.Number ? first.Offset + 1L : LogEntry.MagicSize;
            bool sound = true;
            using SegmentReader? reader = OpenForScan(file, position, ref sound);
            for (bool more = reader is not null; more;)
            {
                more = FillBatch(reader!, batch, ref position, ref sound, cancellationToken);
                foreach (ObjectInfo info in batch)
                {
                    yield return info;
                }
            }

            if (!sound)
            {
                foreach (ObjectInfo info in RemainingByIndex(file.Number, position, cancellationToken))
                {
                    yield return info;
                }
            }
        }
    }

    private bool IsInLog(uint segment)
    {
        lock (_gate)
        {
            RequireIndex();
            return _transaction is not null || (_state!.TransactionId is { } last && segment <= last);
        }
    }

    private SegmentReader? OpenForScan(SegmentFile file, long position, ref bool sound)
    {
        lock (_gate)
        {
            _transaction?.Writer.MakeReadable(file.Number);
        }

        SegmentReader? reader = null;
        try
        {
            reader = SegmentReader.Open(_services.FileSystem, file, SegmentReadMode.Headers);
            if (position > LogEntry.MagicSize)
            {
                // Past the entry of the object to begin after.
                reader.Seek(position - 1);
                reader.TryRead(out _);
            }

            return reader;
        }
        catch (SegmentMissingException error)
        {
            _services.Notify(NoticeLevel.Warning, $"{error.Message}: its objects are passed over.");
            return null;
        }
        catch (IntegrityException error)
        {
            reader?.Dispose();
            sound = false;
            _services.Notify(NoticeLevel.Warning, error.Message);
            return null;
        }
    }

    private bool FillBatch(SegmentReader reader, List<ObjectInfo> batch, ref long position, ref bool sound, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        batch.Clear();
        lock (_gate)
        {
            HashIndex index = RequireIndex(cancellationToken);
            try
            {
                while (batch.Count < ListBatch)
                {
                    if (!reader.TryRead(out SegmentEntry entry))
                    {
                        return false;
                    }

                    EntryLocation here = new(reader.Segment, entry.Offset);
                    if (entry.Tag == EntryTag.Put && index.TryGet(entry.Id, out EntryLocation location) && location == here)
                    {
                        batch.Add(new ObjectInfo(entry.Id, here, entry.ValueSize));
                    }
                }

                return true;
            }
            catch (IntegrityException error)
            {
                _services.Notify(NoticeLevel.Warning, error.Message);
                position = reader.Position;
                sound = false;
                return false;
            }
        }
    }

    // One damaged entry must not hide the others: whoever copies what a scan gives would lose them without a word.
    private List<ObjectInfo> RemainingByIndex(uint segment, long position, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            List<(ObjectId Id, EntryLocation Location)> entries = [];
            using (IndexCursor cursor = RequireIndex(cancellationToken).Enumerate())
            {
                while (cursor.MoveNext(out ObjectId id, out EntryLocation location))
                {
                    if (location.Segment == segment && location.Offset >= position)
                    {
                        entries.Add((id, location));
                    }
                }
            }

            entries.Sort((x, y) => x.Location.Offset.CompareTo(y.Location.Offset));
            List<ObjectInfo> found = [];
            foreach ((ObjectId id, EntryLocation location) in entries)
            {
                try
                {
                    using HandleLease lease = AcquireFor(location);
                    found.Add(new ObjectInfo(id, location, ObjectReader.ReadSize(lease.File, location, id) - LogEntry.KeyedHeaderSize));
                }
                catch (BorgRepositoryException error) when (error is IntegrityException or SegmentMissingException)
                {
                    _services.Notify(NoticeLevel.Warning, $"{error.Message}: it is passed over.");
                }
            }

            return found;
        }
    }
}
