using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Transactions;

/// <summary>
/// A write transaction: new segments after the last commit, and the state that they will make true.
/// Order of a commit (docs/durability.md): 1. all data durable, 2. COMMIT durable, 3. compaction, if asked for,
/// 4. hints, index and integrity saved, unless they may wait. A crash before 2 is done leaves the old state, after it the
/// new one.
/// Any failure dooms the transaction: what was put so far could otherwise be forgotten while later puts succeed.
/// </summary>
/// <remarks>Not thread-safe. Requires the exclusive lock from <see cref="Begin"/> on.</remarks>
public sealed class Transaction : IDisposable
{
    private readonly Func<bool> _isLockHeld;
    private readonly EntrySizeReader _sizes;
    private Exception? _doom;

    private Transaction(LogContext context, CommittedState start, SegmentWriter writer, Func<bool> isLockHeld)
    {
        Context = context;
        LastTransactionId = start.TransactionId;
        SavedTransactionId = start.SavedTransactionId;
        UnsavedBytes = start.UnsavedBytes;
        Index = start.Index;
        Usage = start.Usage!;
        Writer = writer;
        _isLockHeld = isLockHeld;
        _sizes = new EntrySizeReader(context.Store.Handles);
    }

    /// <summary>The repository.</summary>
    public LogContext Context { get; }

    /// <summary>The transaction that this one follows; null if there was none yet.</summary>
    public uint? LastTransactionId { get; }

    /// <summary>The transaction whose index is on the disk; null if none is.</summary>
    public uint? SavedTransactionId { get; private set; }

    /// <summary>After a commit: bytes of segments since <see cref="SavedTransactionId"/>.</summary>
    public long UnsavedBytes { get; private set; }

    /// <summary>The index with the changes so far.</summary>
    public HashIndex Index { get; }

    /// <summary>The usage with the changes so far.</summary>
    public SegmentUsage Usage { get; }

    /// <summary>Writes the new segments.</summary>
    public SegmentWriter Writer { get; }

    /// <summary>True after a failure: only a rollback is possible.</summary>
    public bool IsDoomed => _doom is not null;

    /// <summary>Begins: clears leftovers away and continues after the last transaction.</summary>
    /// <param name="context">The repository.</param>
    /// <param name="start">The last transaction's state, with usage. The transaction changes it in place.</param>
    /// <param name="isLockHeld">Tells whether the exclusive lock is still held.</param>
    /// <param name="cancellationToken">Checked while leftovers are looked at.</param>
    public static Transaction Begin(LogContext context, CommittedState start, Func<bool> isLockHeld, CancellationToken cancellationToken)
    {
        ThrowIfLockLost(context, isLockHeld);
        if (start.WriteRefusal is { } refusal)
        {
            throw new CheckNeededException(context.Path, refusal);
        }

        TransactionStart.RemoveLeftovers(context, start.TransactionId, cancellationToken);
        uint first = start.TransactionId is { } last ? last + 1 : 0;
        SegmentWriter writer = new(context.Services.FileSystem, context.Store, first, context.MaxSegmentSize, context.Format);
        return new Transaction(context, start, writer, isLockHeld);
    }

    /// <summary>Stores a value. An object of the same id is superseded, after an explicit DELETE.</summary>
    /// <exception cref="ValueTooLargeException">Nothing was written, the transaction goes on.</exception>
    /// <exception cref="StorageQuotaExceededException">The transaction is doomed.</exception>
    public void Put(in ObjectId id, ReadOnlySpan<byte> value)
    {
        ThrowIfDoomed();
        if (value.Length > LogEntry.MaxValueSize)
        {
            throw new ValueTooLargeException(value.Length);
        }

        try
        {
            if (Index.TryGet(id, out EntryLocation old))
            {
                Supersede(id, old);
            }

            EntryLocation location = Writer.Put(id, value);
            Usage.QuotaUse += LogEntry.KeyedHeaderSize + value.Length;
            Usage.AddUse(location.Segment);
            Index.Set(id, location);
            if (Context.StorageQuota > 0 && Usage.QuotaUse > Context.StorageQuota)
            {
                throw new StorageQuotaExceededException(Context.StorageQuota, Usage.QuotaUse);
            }
        }
        catch (Exception error)
        {
            throw Doom(error);
        }
    }

    /// <summary>Removes an object.</summary>
    /// <exception cref="ObjectNotFoundException">Nothing was written, the transaction goes on.</exception>
    public void Delete(in ObjectId id)
    {
        ThrowIfDoomed();
        if (!Index.TryGet(id, out EntryLocation old))
        {
            throw new ObjectNotFoundException(id, Context.Path);
        }

        try
        {
            Supersede(id, old);
            Index.Remove(id, out _);
        }
        catch (Exception error)
        {
            throw Doom(error);
        }
    }

    /// <summary>Makes the changes durable, and saves index and hints unless <see cref="LogContext.IndexCheckpointSize"/> lets them wait.</summary>
    /// <param name="afterCommit">Runs when the changes are durable and index and hints are not saved yet; it may write and
    /// commit further segments (compaction). It returns the segment of its last COMMIT, or null if it wrote none.</param>
    /// <param name="cancellationToken">Checked before the commit; not after, when it is too late to undo.</param>
    /// <returns>The new transaction.</returns>
    /// <exception cref="InsufficientFreeSpaceException">Nothing changed.</exception>
    /// <exception cref="LockLostException">Nothing changed.</exception>
    /// <exception cref="IndexSaveException">The changes are durable all the same.</exception>
    public uint Commit(Func<Transaction, uint?>? afterCommit, CancellationToken cancellationToken)
    {
        if (_doom is { } doom)
        {
            Rollback();
            throw doom;
        }

        uint committed;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfLockLost(Context, _isLockHeld);
            SpaceGuard.Check(Context, Index.BucketCount, Usage);
            if (afterCommit is not null)
            {
                // A compaction looks at all segments. One in a wrong place must stop it now: after the COMMIT the index could
                // not be saved any more, nor brought up to date by the next opening, and nothing could be read.
                Context.Store.RequireInPlace();
            }

            committed = Writer.WriteCommit(intermediate: false);
        }
        catch (Exception error)
        {
            // Whether the COMMIT reached the disk is unknown. Deleting its segment first makes it certain that it did not:
            // pages of a failed sync may be readable now and gone after a power cut.
            Exception reported = Translate(error);
            Rollback();
            if (ReferenceEquals(reported, error))
            {
                throw;
            }

            throw reported;
        }

        AccountForCommit(committed);
        try
        {
            committed = afterCommit?.Invoke(this) ?? committed;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BorgRepositoryException or OperationCanceledException)
        {
            // Whatever stopped it: the changes are durable, and the caller must not believe that they are not.
            throw new IndexSaveException(committed, error);
        }
        finally
        {
            EndCompaction();
        }

        UnsavedBytes += Writer.BytesWritten;
        if (afterCommit is null && UnsavedBytes <= Context.IndexCheckpointSize)
        {
            RecordUnsaved(committed);
        }
        else
        {
            SaveCheckpoint(committed);
        }

        return committed;
    }

    /// <summary>Saves index and hints as those of a transaction whose COMMIT is durable.</summary>
    /// <exception cref="IndexSaveException">They could not be saved; the changes are durable all the same.</exception>
    public void SaveCheckpoint(uint committed)
    {
        try
        {
            Checkpoint.Save(Context, committed, Index, Usage);
            SavedTransactionId = committed;
            UnsavedBytes = 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IndexSaveException(committed, error);
        }
    }

    private void RecordUnsaved(uint committed)
    {
        try
        {
            Checkpoint.Record(Context, committed);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IndexSaveException(committed, error);
        }
    }

    /// <summary>Makes sure that the exclusive lock is still ours.</summary>
    /// <exception cref="LockLostException">Somebody broke it.</exception>
    public void RequireLock() => ThrowIfLockLost(Context, _isLockHeld);

    /// <summary>
    /// Closes what an interrupted compaction left open. Its uncommitted segment is no part of the log; the next
    /// transaction removes it.
    /// </summary>
    public void EndCompaction() => Writer.Abandon();

    /// <summary>Tells hints of a segment that carries a COMMIT.</summary>
    public void AccountForCommit(uint segment)
    {
        if (Context.Format == WriteFormat.Borg14)
        {
            Usage.Track(segment);
            Usage.AddFreeable(segment, LogEntry.CommitSize);
        }
    }

    /// <summary>
    /// Gives up: deletes the segments written so far, unless the lock was lost, for then they may be somebody else's.
    /// Index and usage are not those of the last transaction any more and must be dropped.
    /// </summary>
    public void Rollback()
    {
        bool hasWritten = Writer.HasWritten;
        Writer.Abandon();
        try
        {
            if (hasWritten && _isLockHeld())
            {
                Context.Store.DeleteAbove(LastTransactionId);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next transaction deletes them.
            Context.Services.Notify(NoticeLevel.Warning, $"Segments of the rolled back transaction remain: {error.Message}");
        }
    }

    /// <summary>
    /// Ends without commit and without cleaning up: the next transaction does that, or a repair salvages what is there.
    /// </summary>
    public void LeaveBehind()
    {
        if (_isLockHeld())
        {
            Writer.LeaveBehind();
        }
    }

    /// <summary>Frees the write buffer.</summary>
    public void Dispose() => Writer.Dispose();

    private static void ThrowIfLockLost(LogContext context, Func<bool> isLockHeld)
    {
        if (!isLockHeld())
        {
            throw new LockLostException(System.IO.Path.Combine(context.Path, "lock.exclusive"), "it was broken by somebody else.");
        }
    }

    private void Supersede(in ObjectId id, EntryLocation old)
    {
        // Usage is told only after the DELETE is in the log: an error in between must leave both as they were.
        int oldSize = MeasureSuperseded(id, old);
        EntryLocation delete = Writer.Delete(id);
        Usage.AddShadow(id, old.Segment);
        Usage.ReleaseUse(old.Segment);
        Usage.AddFreeable(old.Segment, oldSize);
        Usage.AddFreeable(delete.Segment, LogEntry.KeyedHeaderSize);
        Usage.Track(delete.Segment);
    }

    // An unreadable old entry must not stop its replacement. An entry of another key is different: then the index is
    // wrong, and going on would spread the error.
    private int MeasureSuperseded(in ObjectId id, EntryLocation old)
    {
        try
        {
            if (Writer.TryPeek(old, out ReadOnlySpan<byte> bytes) && bytes.Length >= LogEntry.KeyedHeaderSize)
            {
                return (int)ObjectReader.CheckHeader(bytes, old, id).Size;
            }

            Writer.MakeReadable(old.Segment);
            return _sizes.Read(old, id);
        }
        catch (IntegrityException error) when (error.Kind is not IntegrityKind.WrongKey and not IntegrityKind.NotAPut and not IntegrityKind.Put2Entry)
        {
            Context.Services.Notify(NoticeLevel.Warning, $"{error.Message}: the superseded entry cannot be measured.");
        }
        catch (SegmentMissingException error)
        {
            Context.Services.Notify(NoticeLevel.Warning, error.Message);
        }

        return 0;
    }

    private Exception Doom(Exception error)
    {
        Exception reported = Translate(error);
        _doom = reported;
        if (reported is InsufficientFreeSpaceException)
        {
            Context.Services.Notify(NoticeLevel.Warning, "No space left: removing the segments of this transaction to give their space back.");
            Rollback();
        }

        return reported;
    }

    private Exception Translate(Exception error)
    {
        if (!FileSystemErrors.IsDiskFull(error))
        {
            return error;
        }

        long? available = null;
        try
        {
            available = Context.Services.FileSystem.GetAvailableBytes(Context.Path);
        }
        catch (IOException)
        {
            // Unknown is said as unknown.
        }

        return new InsufficientFreeSpaceException(LogEntry.MaxEntrySize, available, error);
    }

    private void ThrowIfDoomed()
    {
        switch (_doom)
        {
            case null:
                return;
            case StorageQuotaExceededException quota:
                throw new StorageQuotaExceededException(quota.QuotaBytes, quota.UseBytes);
            default:
                throw new InvalidTransactionStateException($"The transaction failed before ({_doom.Message}). Only a rollback is possible.", _doom);
        }
    }
}
