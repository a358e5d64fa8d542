using BorgRepo.Core.Compaction;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core;

/// <content>Writing objects and settings.</content>
public sealed partial class Repository
{
    /// <summary>
    /// Begins a transaction if none is under way. The first put or delete does this too, but this can be cancelled: it may
    /// wait for the exclusive lock and for a replay.
    /// </summary>
    public void BeginTransaction(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            RequireTransaction(cancellationToken);
        }
    }

    /// <summary>Stores a value; an object of the same id is superseded. Begins a transaction if none is under way.</summary>
    /// <exception cref="ValueTooLargeException">More than 20,971,479 bytes; nothing was written.</exception>
    /// <exception cref="StorageQuotaExceededException">Only a rollback is possible now.</exception>
    public void Put(in ObjectId id, ReadOnlySpan<byte> value)
    {
        lock (_gate)
        {
            RequireTransaction().Put(id, value);
        }
    }

    /// <summary>Removes an object. Begins a transaction if none is under way.</summary>
    /// <exception cref="ObjectNotFoundException">There is none.</exception>
    public void Delete(in ObjectId id)
    {
        lock (_gate)
        {
            RequireTransaction().Delete(id);
        }
    }

    /// <summary>
    /// Makes the transaction under way durable: when this returns, it is on the disk. If it throws, the transaction is
    /// gone and the old state holds, except for <see cref="IndexSaveException"/>.
    /// </summary>
    /// <returns>Id of the new transaction; null if there was nothing to commit.</returns>
    public uint? Commit(CommitOptions? options = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            if (_transaction is not { } transaction)
            {
                return null;
            }

            bool kept = false;
            try
            {
                uint committed = transaction.Commit(CompactionStep(options ?? new CommitOptions(), cancellationToken), cancellationToken);
                _state = new CommittedState(committed, transaction.Index, transaction.Usage)
                {
                    SavedTransactionId = transaction.SavedTransactionId,
                    UnsavedBytes = transaction.UnsavedBytes,
                };
                kept = true;
                return committed;
            }
            finally
            {
                EndTransaction(rollback: false);
                if (!kept)
                {
                    DropState();
                }
            }
        }
    }

    /// <summary>Undoes the transaction under way; without one, does nothing.</summary>
    public void Rollback()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            EndTransaction(rollback: true);
        }
    }

    /// <summary>The key text kept in the config; empty if there is none.</summary>
    public string LoadKey()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            return _config.Key ?? string.Empty;
        }
    }

    /// <summary>Keeps a key text in the config. A former one is erased from the disk.</summary>
    public void SaveKey(string text)
    {
        lock (_gate)
        {
            RequireWritable();
            ChangeConfig(config => config.Key = text);
        }
    }

    /// <summary>The next free nonce; null if none was reserved yet.</summary>
    public ulong? GetFreeNonce()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            return new NonceFile(_services, Path).Read();
        }
    }

    /// <summary>Reserves nonces up to a new next free one, if the present one is still what the caller knows.</summary>
    public void CommitNonceReservation(ulong next, ulong? start)
    {
        lock (_gate)
        {
            RequireWritable();
            new NonceFile(_services, Path).Reserve(next, start);
        }
    }

    /// <summary>Changes settings in the config; null leaves a setting as it is.</summary>
    /// <param name="appendOnly">Old states are never removed.</param>
    /// <param name="storageQuota">Quota in bytes, 0 for none.</param>
    /// <param name="additionalFreeSpace">Bytes that commits leave free besides their own need.</param>
    public void UpdateSettings(bool? appendOnly, long? storageQuota, long? additionalFreeSpace)
    {
        lock (_gate)
        {
            RequireWritable();
            ChangeConfig(config =>
            {
                config.AppendOnly = appendOnly ?? config.AppendOnly;
                config.StorageQuota = storageQuota ?? config.StorageQuota;
                config.AdditionalFreeSpace = additionalFreeSpace ?? config.AdditionalFreeSpace;
            });
        }
    }

    /// <summary>
    /// Destroys the repository with all objects. The config goes first, so that what an interruption leaves is recognised as
    /// no repository.
    /// </summary>
    /// <exception cref="AppendOnlyException">Nothing was removed.</exception>
    public void Destroy()
    {
        lock (_gate)
        {
            RequireWritable();
            if (AppendOnly)
            {
                throw new AppendOnlyException(Path, "destroying it");
            }

            EndTransaction(rollback: true);
            _services.FileSystem.DeleteFile(System.IO.Path.Combine(Path, "config"));
            _services.FileSystem.SyncDirectory(Path);
            Close();
            FolderTree.Delete(_services.FileSystem, Path);
        }
    }

    private Transaction RequireTransaction(CancellationToken cancellationToken = default)
    {
        if (_transaction is { } active)
        {
            ThrowIfClosed();
            return active;
        }

        RequireWritable(cancellationToken);
        CommittedState state = RequireState(withUsage: true, cancellationToken);
        _transaction = Transaction.Begin(_context, state, _lock!.HoldsExclusive, cancellationToken);
        return _transaction;
    }

    private void RequireWritable(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        if (_isChecking)
        {
            // Between what a check has read and what it still compares, or repairs, nothing may change.
            throw new InvalidTransactionStateException($"{Path} cannot be changed while a check of the same session is under way.");
        }

        switch (Access)
        {
            case SessionAccess.Write:
                return;
            case SessionAccess.Undeclared:
                if (TakeExclusiveLock(cancellationToken) && _transaction is null)
                {
                    // While the shared lock was exchanged nobody could write, but settings are read under the new lock.
                    _config = _configFile.Load();
                    ApplySettings();
                }

                return;
            default:
                throw new InvalidTransactionStateException($"{Path} was opened for reading only.");
        }
    }

    private void ChangeConfig(Action<RepositoryConfig> change)
    {
        RepositoryConfig config = _configFile.Load();
        change(config);
        _configFile.Save(config);
        _config = config;
        ApplySettings();
    }

    private Func<Transaction, uint?>? CompactionStep(CommitOptions options, CancellationToken cancellationToken)
    {
        // Append-only: borg skips the compaction of a commit silently, and so do we; asked for alone it is refused.
        if (AppendOnly || (!options.Compact && Format != WriteFormat.Borg10))
        {
            return null;
        }

        CompactionOptions compaction = new()
        {
            Threshold = options.Threshold,
            RemoveEmptyCommits = options.RemoveEmptyCommits,
            SaveSpace = options.SaveSpace,
        };
        return transaction =>
        {
            CompactionReport report = Compactor.Run(transaction, null, compaction, cancellationToken);
            _services.Notify(NoticeLevel.Information, $"compaction freed about {ByteSize.Format(report.BytesFreed)} of repository space.");
            return report.TransactionId;
        };
    }
}
