using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core;

/// <content>Reading objects.</content>
public sealed partial class Repository
{
    private const int ListBatch = 512;

    /// <summary>The last transaction; null if there was none yet. Replays segments if that is needed to know.</summary>
    public uint? TransactionId
    {
        get
        {
            lock (_gate)
            {
                ThrowIfClosed();
                return _transaction is { } active ? active.LastTransactionId : RequireState(withUsage: false, default).TransactionId;
            }
        }
    }

    /// <summary>True if the index is in memory: listing ids then reads no file and changes no lock.</summary>
    public bool IsIndexLoaded => IsOpen && (_transaction is not null || _state is not null);

    /// <summary>Number of objects, with the changes of the transaction under way.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return RequireIndex().Count;
            }
        }
    }

    /// <summary>Bytes of all PUT entries in the log, superseded ones included, as hints tell.</summary>
    public long QuotaUse
    {
        get
        {
            lock (_gate)
            {
                ThrowIfClosed();
                return (_transaction?.Usage ?? RequireState(withUsage: true, default).Usage!).QuotaUse;
            }
        }
    }

    /// <summary>
    /// Brings the index into memory. Whatever needs it does this too, but this can be cancelled: an index that is missing or
    /// old costs a replay of segments, and perhaps a wait for the exclusive lock.
    /// </summary>
    public void LoadIndex(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            RequireIndex(cancellationToken);
        }
    }

    /// <summary>True if there is an object of this id.</summary>
    public bool Contains(in ObjectId id)
    {
        lock (_gate)
        {
            return RequireIndex().Contains(id);
        }
    }

    /// <summary>Location and size of an object. Reads its header only and proves nothing about its value.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    /// <exception cref="IntegrityException">Its header is damaged.</exception>
    public ObjectInfo Find(in ObjectId id) =>
        TryFind(id, out ObjectInfo info) ? info : throw new ObjectNotFoundException(id, Path);

    /// <summary>
    /// Size and checksum of an object's entry: equal for equal values, wherever they stand. Reads its header only and proves
    /// nothing about its value.
    /// </summary>
    /// <returns>Null if there is no such object.</returns>
    /// <exception cref="IntegrityException">Its header is damaged.</exception>
    public EntryHeader? FindHeader(in ObjectId id)
    {
        EntryLocation location;
        HandleLease lease;
        lock (_gate)
        {
            if (!RequireIndex().TryGet(id, out location))
            {
                return null;
            }

            lease = AcquireFor(location);
        }

        using (lease)
        {
            return ObjectReader.ReadHeader(lease.File, location, id);
        }
    }

    /// <summary>Location and size of an object, if there is one.</summary>
    /// <exception cref="IntegrityException">Its header is damaged.</exception>
    public bool TryFind(in ObjectId id, out ObjectInfo info)
    {
        EntryLocation location;
        HandleLease lease;
        lock (_gate)
        {
            if (!RequireIndex().TryGet(id, out location))
            {
                info = default;
                return false;
            }

            lease = AcquireFor(location);
        }

        using (lease)
        {
            int size = ObjectReader.ReadSize(lease.File, location, id);
            info = new ObjectInfo(id, location, size - LogEntry.KeyedHeaderSize);
            return true;
        }
    }

    /// <summary>The value of an object as a new array of its exact length.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    /// <exception cref="IntegrityException">Its entry is damaged.</exception>
    public byte[] Get(in ObjectId id)
    {
        ObjectBuffer buffer = _buffers.Rent();
        try
        {
            Get(id, buffer);
            return buffer.Value.ToArray();
        }
        finally
        {
            _buffers.Return(buffer);
        }
    }

    /// <summary>Reads the value of an object into a reusable buffer, without a further copy.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    /// <exception cref="IntegrityException">Its entry is damaged.</exception>
    public void Get(in ObjectId id, ObjectBuffer buffer)
    {
        int? version = null;
        try
        {
            Read(id, buffer, ref version);
        }
        catch (BorgRepositoryException error) when (Access == SessionAccess.ReadNoLock && version is { } looked
            && error is SegmentMissingException or IntegrityException or ObjectNotFoundException && Reload(looked))
        {
            // Without a lock somebody may have compacted meanwhile: look again in the state that is on the disk now.
            Read(id, buffer, ref version);
        }
    }

    /// <inheritdoc/>
    byte[] IObjectRepository.GetValue(in ObjectId id) => Get(id);

    /// <inheritdoc/>
    public IEnumerable<ObjectReading> ReadMany(IEnumerable<ObjectId> ids)
    {
        foreach (ObjectId id in ids)
        {
            yield return ReadOne(id);
        }
    }

    /// <summary>
    /// Ids in index order, which is no order to rely on but stays the same while nothing is written. Objects that are
    /// there from the first to the last call are given exactly once, whatever is put or deleted meanwhile.
    /// </summary>
    /// <param name="limit">How many at most; null for all.</param>
    /// <param name="after">Begin after this id.</param>
    /// <exception cref="ObjectNotFoundException">There is no object <paramref name="after"/> to begin after.</exception>
    public IEnumerable<ObjectId> List(int? limit = null, ObjectId? after = null)
    {
        lock (_gate)
        {
            return Take(EnumerateIndex(after), limit ?? int.MaxValue, _stateVersion);
        }
    }

    /// <summary>Ids in index order into the caller's memory: the quickest way to have them all.</summary>
    /// <param name="destination">Takes as many as it has room for; <see cref="Count"/> says how many there are.</param>
    /// <param name="after">Begin after this id.</param>
    /// <returns>How many were written; fewer than there is room for only at the end.</returns>
    /// <exception cref="ObjectNotFoundException">There is no object <paramref name="after"/> to begin after.</exception>
    public int List(Span<ObjectId> destination, ObjectId? after = null)
    {
        lock (_gate)
        {
            using IndexCursor cursor = EnumerateIndex(after);
            return cursor.Fill(destination);
        }
    }

    /// <summary>The repository at a glance.</summary>
    public RepositorySummary Summarize()
    {
        lock (_gate)
        {
            int count = RequireIndex().Count;
            uint? transactionId = _transaction is { } active ? active.LastTransactionId : _state!.TransactionId;
            int segments = 0;
            long bytes = 0;
            foreach (SegmentFile file in _context.Store.Enumerate())
            {
                segments++;
                bytes += _services.FileSystem.GetInfo(file.Path).Length;
            }

            SegmentUsage? usage = _transaction?.Usage ?? _state?.Usage ?? GlanceAtHints(transactionId);
            return new RepositorySummary
            {
                Path = Path,
                Id = Id,
                Version = Version,
                TransactionId = transactionId,
                ObjectCount = count,
                SegmentCount = segments,
                SegmentBytes = bytes,
                MaxSegmentSize = MaxSegmentSize,
                SegmentsPerDirectory = SegmentsPerDirectory,
                AppendOnly = AppendOnly,
                StorageQuota = StorageQuota,
                QuotaUse = transactionId is null ? 0 : usage?.QuotaUse,
                AdditionalFreeSpace = AdditionalFreeSpace,
                HasKey = _config.Key is not null,
                LastSegmentChecked = _config.LastSegmentChecked,
                WrittenBy = WrittenBy.Guess(_services.FileSystem, Path, transactionId, usage),
            };
        }
    }

    private SegmentUsage? GlanceAtHints(uint? transactionId)
    {
        try
        {
            return transactionId is { } last ? _context.Indexes.LoadHints(last) : null;
        }
        catch (HintsCorruptException error)
        {
            _services.Notify(NoticeLevel.Warning, error.Message);
            return null;
        }
    }

    private ObjectReading ReadOne(in ObjectId id)
    {
        try
        {
            return new ObjectReading(id, Get(id), null);
        }
        catch (BorgRepositoryException error) when (ObjectReading.ConcernsOneObject(error))
        {
            return new ObjectReading(id, null, error);
        }
    }

    /// <param name="id">The object.</param>
    /// <param name="buffer">Takes its value.</param>
    /// <param name="version">Set to the version of the state that was looked in.</param>
    private void Read(in ObjectId id, ObjectBuffer buffer, ref int? version)
    {
        EntryLocation location;
        HandleLease lease;
        lock (_gate)
        {
            HashIndex index = RequireIndex();
            version = _stateVersion;
            if (!index.TryGet(id, out location))
            {
                throw new ObjectNotFoundException(id, Path);
            }

            if (TryReadOwnWrite(id, location, buffer))
            {
                return;
            }

            lease = AcquireFor(location);
        }

        using (lease)
        {
            ObjectReader.Read(lease.File, location, id, buffer);
        }
    }

    // An entry that is still in the write buffer is answered from there: no write, no sync.
    private bool TryReadOwnWrite(in ObjectId id, EntryLocation location, ObjectBuffer buffer)
    {
        if (_transaction is not { } transaction || !transaction.Writer.TryPeek(location, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        EntryHeader header = ObjectReader.CheckHeader(bytes, location, id);
        int size = (int)header.Size;
        if (size > bytes.Length)
        {
            return false;
        }

        ObjectReader.CheckBytes(bytes[..size], header, location, id);
        buffer.EnsureLength(size, 0);
        bytes[..size].CopyTo(buffer.Bytes);
        buffer.SetValue(LogEntry.KeyedHeaderSize, size - LogEntry.KeyedHeaderSize);
        return true;
    }

    private HandleLease AcquireFor(EntryLocation location)
    {
        _transaction?.Writer.MakeReadable(location.Segment);
        return _context.Store.Handles.Acquire(location.Segment);
    }

    private bool Reload(int version)
    {
        lock (_gate)
        {
            if (_stateVersion == version && IsOpen)
            {
                DropState();
                _context.Store.Handles.Clear();
            }

            return IsOpen;
        }
    }

    private IndexCursor EnumerateIndex(ObjectId? after)
    {
        HashIndex index = RequireIndex();
        return after is not { } marker ? index.Enumerate()
            : index.TryEnumerateAfter(marker, out IndexCursor? found) ? found
            : throw new ObjectNotFoundException(marker, Path);
    }

    private IEnumerable<ObjectId> Take(IndexCursor cursor, int limit, int version)
    {
        using (cursor)
        {
            ObjectId[] batch = new ObjectId[Math.Min(limit, ListBatch)];
            while (limit > 0)
            {
                int count = FillBatch(cursor, batch.AsSpan(0, Math.Min(limit, batch.Length)), version);
                for (int i = 0; i < count; i++)
                {
                    yield return batch[i];
                }

                limit = count < batch.Length ? 0 : limit - count;
            }
        }
    }

    private int FillBatch(IndexCursor cursor, Span<ObjectId> batch, int version)
    {
        lock (_gate)
        {
            ThrowIfStateChanged(version);
            return cursor.Fill(batch);
        }
    }

    private void ThrowIfStateChanged(int version)
    {
        ThrowIfClosed();
        if (_stateVersion != version)
        {
            throw new InvalidTransactionStateException("The transaction was rolled back while its objects were listed; list again.");
        }
    }
}
