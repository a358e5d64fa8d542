using BorgRepo.Core.Checking;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Inspection;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core;

/// <content>Checking, repairing and compacting.</content>
public sealed partial class Repository
{
    /// <summary>
    /// Verifies the repository, and repairs it if asked to. Without repair nothing is written but the progress of a partial
    /// check, and without a lock not even that.
    /// </summary>
    /// <param name="options">How much, and whether to repair.</param>
    /// <param name="onFinding">Receives each finding when it is made.</param>
    /// <param name="cancellationToken">Checked between blocks.</param>
    /// <exception cref="AppendOnlyException">A repair of an append-only repository.</exception>
    /// <exception cref="InvalidTransactionStateException">A transaction is under way.</exception>
    public CheckResult Check(CheckOptions options, Action<Finding> onFinding, CancellationToken cancellationToken = default)
    {
        bool writes = options.Repair && !options.PlanOnly;
        uint? resumeAfter = BeginCheck(options, writes, cancellationToken);
        try
        {
            // Outside the lock of the session: whoever receives a finding may want to read, on another thread too.
            CheckResult result = new RepositoryCheck(_context, options, onFinding, RunAlone).Run(resumeAfter, cancellationToken);
            lock (_gate)
            {
                bool mayRemember = HoldsExclusiveLock && !options.PlanOnly && !options.Quick;
                if (mayRemember && (options.IsWhole || options.MaxDuration is not null))
                {
                    RememberProgress(result.LastSegmentChecked);
                }
            }

            return result;
        }
        finally
        {
            lock (_gate)
            {
                _isChecking = false;
                if (writes && IsOpen)
                {
                    DropState();
                }
            }
        }
    }

    /// <summary>What a compaction would do now, segment by segment and to the byte. Writes nothing.</summary>
    public CompactionReport PlanCompaction(CompactionOptions options, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            BeginMaintenance("plan a compaction");
            RefuseAppendOnlyCompaction();
            WarnOfUnreachable(cancellationToken);
            return Compactor.Plan(_context, RequireState(withUsage: true, cancellationToken), options, cancellationToken);
        }
    }

    /// <summary>Compacts: copies what is needed out of sparse segments, commits, removes them.</summary>
    /// <exception cref="AppendOnlyException">Old states must stay reachable.</exception>
    /// <exception cref="OperationCanceledException">What was compacted so far stays so; the next open completes the rest of the bookkeeping.</exception>
    public CompactionReport Compact(CompactionOptions options, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            BeginMaintenance("compact");
            RefuseAppendOnlyCompaction();
            RequireWritable(cancellationToken);
            CommittedState state = RequireState(withUsage: true, cancellationToken);
            if (state.TransactionId is not { } transactionId)
            {
                return new CompactionReport { IsPlan = false, Segments = [], BytesBefore = 0, BytesAfter = 0, TransactionId = null };
            }

            WarnOfUnreachable(cancellationToken);

            Transaction transaction = Transaction.Begin(_context, state, _lock!.HoldsExclusive, cancellationToken);

            // From here on index and usage change in place; they are taken back only when everything is saved.
            _state = null;
            _transaction = transaction;
            try
            {
                SpaceGuard.Check(_context, state.Index.BucketCount, state.Usage!);
                CompactionReport report = Compactor.Run(_transaction, transactionId, options, cancellationToken);
                if (report.TransactionId is { } committed && committed != transactionId)
                {
                    _transaction.SaveCheckpoint(committed);
                    _state = new CommittedState(committed, state.Index, state.Usage);
                }

                return report;
            }
            finally
            {
                Transaction ended = _transaction;
                _transaction = null;
                ended.EndCompaction();
                ended.Dispose();
                if (_state is null)
                {
                    state.Dispose();
                    _stateVersion++;
                }
            }
        }
    }

    /// <returns>For a partial check: the last segment that the one before checked.</returns>
    private uint? BeginCheck(CheckOptions options, bool writes, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            BeginMaintenance("check");
            if (options.Repair && AppendOnly)
            {
                throw new AppendOnlyException(Path, "a repair");
            }

            if (options.Repair && (!options.IsWhole || options.Quick))
            {
                throw new ArgumentException("A repair needs the whole log, verified: it excludes a time limit, a choice of segments and a quick check.", nameof(options));
            }

            if (writes || (options.MaxDuration is not null && Access == SessionAccess.Undeclared))
            {
                RequireWritable(cancellationToken);
            }

            if (writes)
            {
                DropState();
            }

            _isChecking = true;
            return options.MaxDuration is null ? null : _config.LastSegmentChecked;
        }
    }

    // A check reads for long while the session is open to others; when it comes to writing, that must still be right.
    private void RunAlone(Action action)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            if (_lock?.HoldsExclusive() != true)
            {
                throw new LockLostException(System.IO.Path.Combine(Path, "lock.exclusive"), "it was broken by somebody else.");
            }

            action();
        }
    }

    private void RefuseAppendOnlyCompaction()
    {
        if (AppendOnly)
        {
            throw new AppendOnlyException(Path, "compaction (it would make earlier transactions unreachable)");
        }
    }

    // Whoever switched append-only off has a reason, but may not know of this price.
    private void WarnOfUnreachable(CancellationToken cancellationToken)
    {
        if (TransactionHistory.HasLog(_context)
            && TransactionHistory.Read(_context, FindLastTransaction(cancellationToken), cancellationToken).Any(
                transaction => transaction is { IsOnDisk: true, IsCurrent: false, LoggedUtc: not null }))
        {
            _services.Notify(
                NoticeLevel.Warning,
                $"{Path} was append-only once. A compaction removes what its earlier transactions consist of: there is no going back to them afterwards.");
        }
    }

    // What reads or changes the files themselves, not through this session's memory, needs the index that belongs to them.
    private void BeginMaintenance(string action)
    {
        ThrowIfClosed();
        if (InTransaction)
        {
            throw new InvalidTransactionStateException($"Cannot {action} while a transaction is under way: commit or roll back first.");
        }

        if (_isChecking)
        {
            throw new InvalidTransactionStateException($"Cannot {action} while a check of the same session is under way.");
        }

        SaveWaitingIndex();
    }

    private void RememberProgress(uint? lastSegment)
    {
        if (_config.LastSegmentChecked != lastSegment)
        {
            ChangeConfig(config => config.LastSegmentChecked = lastSegment);
        }
    }
}
