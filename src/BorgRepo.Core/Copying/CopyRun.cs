using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Copying;

/// <summary>
/// Copies a repository. Let P be the last transaction of the destination, S that of the source. The order of the steps keeps
/// the destination, whenever it is interrupted, what its log says: the state of P or that of S (docs/decisions/060-copies.md).
/// 1. The manifest says what is going to come, so that the next copy knows its own.
/// 2. What an interrupted copy or transaction left after P and the source does not have is removed: it must not become part of S.
/// 3. Segments after P come without the COMMITs that end them, and without the one that carries S: no transaction between P and
///    S shows. Objects deleted meanwhile get a DELETE in a bridge segment.
/// 4. Everything is made durable; the source is looked at once more.
/// 5. The segment that carries S: from here on the new state is there. It is one file, and takes its name as a whole.
/// 6. Integrity, hints and index of S, then the removal of those of P: until then they are replayed.
/// 7. The COMMITs that were held back.
/// 8. What the source compacted away is set aside or removed, in ascending order, each durably: a PUT before its DELETE, the
///    bridge last.
/// A new copy needs no such order: it becomes a repository by its config, which comes last.
/// </summary>
internal sealed class CopyRun(CopySource source, ICopyDestination destination, CopyOptions options)
{
    private readonly List<CopiedSegment> _done = [];
    private readonly SortedSet<uint> _damaged = [];
    private readonly List<SourceSegment> _held = [];
    private readonly List<SourceSegment> _replaced = [];
    private int _keptSegments;
    private long _keptBytes;

    /// <summary>Copies, or says what a copy would do.</summary>
    public CopyReport Run(CancellationToken cancellationToken)
    {
        // Looked at before the lock is taken, so that nothing is written to what is no copy of this repository.
        DestinationState there = DestinationState.Read(destination, source.Config, cancellationToken);
        CopyPlan plan = CopyPlan.Make(source.TransactionId, source.Segments, there, options);
        if (options.PlanOnly)
        {
            Keep(plan.Keep);
            Keep(plan.Ready);
            return Report(there, plan.Describe(there, options));
        }

        destination.Create(cancellationToken);
        destination.Lock(options.LockWait, cancellationToken);
        try
        {
            return Copy(cancellationToken);
        }
        finally
        {
            destination.Unlock();
        }
    }

    private CopyReport Copy(CancellationToken cancellationToken)
    {
        DestinationState there = DestinationState.Read(destination, source.Config, cancellationToken);
        CopyPlan plan = CopyPlan.Make(source.TransactionId, source.Segments, there, options);
        TransferMonitor monitor = new(source.Services, $"Copying to {destination.Name}", options.BytesPerSecond, cancellationToken);
        monitor.TotalBytes = plan.Compare.Concat(plan.Restore).Concat(plan.Add).Sum(segment => segment.Length);
        ManifestKeeper manifest = new(destination, there);
        Compare(plan, there, manifest, monitor);
        Keep(plan.Keep);
        Keep(plan.Ready);
        RequireSpace(plan, there);

        manifest.Announce(source.Segments.Values, cancellationToken);
        RemoveLeftovers(plan, there, cancellationToken);
        CopyGeneration generation = new(source, destination, there);
        if (_replaced.Count > 0)
        {
            generation.RemoveFormer(cancellationToken);
            Replace(there, manifest, monitor);
        }

        SegmentTransfer transfer = new(source, destination, there, manifest, monitor);
        transfer.Run([.. plan.Restore, .. plan.Add]);
        _damaged.UnionWith(transfer.Damaged);
        _done.AddRange(plan.Restore.Select(segment => new CopiedSegment(segment.Number, CopyAction.Restore, segment.Length, "missing or damaged")));
        _done.AddRange(plan.Add.Select(segment => new CopiedSegment(segment.Number, CopyAction.Add, segment.Length, string.Empty)));
        _held.AddRange(transfer.Held);
        _held.AddRange(plan.Ready.Where(segment => there.Segments[segment.Number] < segment.Length && segment.Number != source.TransactionId));
        if (there.IsNew)
        {
            CompleteNew(there, generation, manifest, monitor);
        }
        else
        {
            CompleteNext(plan, there, generation, manifest, monitor);
        }

        return Report(there, [.. _done.OrderBy(segment => segment.Segment)]);
    }

    private void CompleteNew(DestinationState there, CopyGeneration generation, ManifestKeeper manifest, TransferMonitor monitor)
    {
        WriteSmallFiles(there, monitor);
        generation.Place(monitor);
        generation.RemoveOthers(monitor.Token);
        manifest.Save(monitor.Token);
        RequireSame(monitor.Token);
        RepositoryConfig config = RepositoryConfig.Parse(source.Config.ToString(), destination.Name);

        // How far a check of the source has come says nothing of the copy.
        config.LastSegmentChecked = null;
        destination.WriteConfig(config, monitor.Token);
        destination.Finish(monitor.Token);
        destination.Settle(monitor.Token);
    }

    private void CompleteNext(CopyPlan plan, DestinationState there, CopyGeneration generation, ManifestKeeper manifest, TransferMonitor monitor)
    {
        CancellationToken token = monitor.Token;
        bool moves = source.TransactionId is { } next && next != there.TransactionId;
        bool indexFirst = moves && plan.Superseded.Count > 0 && !TryPlaceBridge(plan, there, manifest, token);
        RaiseNonce(token);
        manifest.Save(token);
        RequireSame(token);
        if (indexFirst)
        {
            // A replay that starts from the former index would bring back what was deleted meanwhile. An index that is newer
            // than the last transaction is distrusted: then the old state is read from the log alone.
            generation.Place(monitor);
        }

        if (moves)
        {
            SourceSegment commit = source.Segments[source.TransactionId!.Value];
            destination.Put([new CopyItem(source.NameOf(commit.Number), commit.Path, commit.Length)], monitor);
            destination.Settle(token);
        }

        if (!indexFirst && (moves || _replaced.Count > 0 || generation.IsMissing() || (options.CompareContent && generation.IsDifferent(monitor))))
        {
            generation.Place(monitor);
        }

        generation.RemoveOthers(token);
        _held.AddRange(plan.Complete);
        _done.AddRange(plan.Complete.Select(segment => new CopiedSegment(segment.Number, CopyAction.Complete, segment.Length, string.Empty)));
        if (_held.Count > 0)
        {
            destination.Put([.. _held.Select(segment => new CopyItem(source.NameOf(segment.Number), segment.Path, segment.Length))], monitor);
            destination.Settle(token);
        }

        SupersededSegments superseded = new(source, destination, there, options);
        _done.AddRange(superseded.Remove(plan.Superseded, manifest, token));
        UpdateKey(there, token);
        WriteSmallFiles(there, monitor);
        manifest.Save(token);
        destination.Finish(token);
        destination.Settle(token);
    }

    private void Compare(CopyPlan plan, DestinationState there, ManifestKeeper manifest, TransferMonitor monitor)
    {
        ContentComparison comparison = new(source, destination, there, monitor);
        comparison.Run(plan.Compare, manifest);
        _damaged.UnionWith(comparison.DamagedInSource);
        Keep(comparison.Equal);
        plan.Complete.AddRange(comparison.Incomplete);
        plan.Restore.AddRange(comparison.DamagedThere);
        if (comparison.Changed.Count == 0)
        {
            return;
        }

        if (!options.AcceptChanged)
        {
            throw new CopyRefusedException(
                destination.Name,
                CopyRefusal.ChangedSegments,
                $"segments differ from what was copied: {string.Join(", ", comparison.Changed.Select(segment => segment.Number))}. If the source was repaired, the copy may hold what the repair could not save: compare both before you accept the change.",
                [.. comparison.Changed.Select(segment => segment.Number)]);
        }

        if (there.Config!.AppendOnly)
        {
            throw new AppendOnlyException(destination.Name, "replacing segments by changed ones");
        }

        _replaced.AddRange(comparison.Changed);
    }

    private void Keep(List<SourceSegment> segments)
    {
        _keptSegments += segments.Count;
        _keptBytes += segments.Sum(segment => segment.Length);
    }

    private void RemoveLeftovers(CopyPlan plan, DestinationState there, CancellationToken cancellationToken)
    {
        HashSet<string> resumed = [.. plan.Add.Concat(plan.Restore).Select(segment => LocalTransfer.TemporaryOf(source.NameOf(segment.Number)))];
        foreach (string name in there.Files.Keys.Where(name => (LocalTransfer.IsTemporary(name) && !resumed.Contains(name)) || IsTemporaryConfig(name)))
        {
            destination.Delete(name, cancellationToken);
        }

        foreach (uint number in plan.Leftovers)
        {
            // What no copy brought was written by somebody, even if nobody completed it.
            if (there.Manifest.Knows(number))
            {
                destination.Delete(source.NameOf(number), cancellationToken);
            }
            else
            {
                destination.Rename(source.NameOf(number), SupersededSegments.FreeName(there, source.NameOf(number)), cancellationToken);
            }

            _done.Add(new CopiedSegment(number, CopyAction.Remove, there.Segments[number], "interrupted"));
        }

        destination.Settle(cancellationToken);
    }

    // It may hold a key; nobody else writes a config while the lock is ours.
    private static bool IsTemporaryConfig(string name) =>
        name.StartsWith("config-", StringComparison.Ordinal) && name.EndsWith(".tmp", StringComparison.Ordinal);

    // One by one, each atomically: what an interruption leaves is what an interrupted repair of the source would have left.
    private void Replace(DestinationState there, ManifestKeeper manifest, TransferMonitor monitor)
    {
        foreach (SourceSegment segment in _replaced)
        {
            string name = source.NameOf(segment.Number);
            string aside = SupersededSegments.FreeName(there, name, SupersededSegments.ReplacedSuffix);
            destination.Duplicate(name, aside, monitor);
            destination.Settle(monitor.Token);
            SegmentShape shape = source.ReadShape(segment, monitor.Token);
            destination.Put([new CopyItem(name, segment.Path, segment.Length)], monitor);
            destination.Settle(monitor.Token);
            manifest.SetCopied(segment, shape);
            _done.Add(new CopiedSegment(segment.Number, CopyAction.Replace, segment.Length, $"the former one is kept as {aside}"));
        }
    }

    private bool TryPlaceBridge(CopyPlan plan, DestinationState there, ManifestKeeper manifest, CancellationToken cancellationToken)
    {
        if (there.TransactionId is not { } former)
        {
            return true;
        }

        using Index.HashIndex? index = destination.LoadIndex(there.Config!, former, cancellationToken);
        byte[]? content = index is null ? null : BridgeSegment.Build(index, source.State.Index);
        if (content is not { Length: > 0 })
        {
            return content is not null;
        }

        // No free number means that nothing was dropped: then each DELETE is in a segment that was copied.
        uint? place = BridgeSegment.FindPlace(former, source.TransactionId!.Value, source.Segments.ContainsKey);
        if (place is { } number)
        {
            manifest.AddBridge(number, cancellationToken);
            destination.Write(source.NameOf(number), content, cancellationToken);
            destination.Settle(cancellationToken);
            plan.Superseded.Add(number);
        }

        return true;
    }

    private void RequireSame(CancellationToken cancellationToken)
    {
        destination.Settle(cancellationToken);
        destination.RequireLock(cancellationToken);
        if (!source.IsUnchanged(cancellationToken))
        {
            throw new CopyRefusedException(destination.Name, CopyRefusal.SourceChanged, "somebody changed the source meanwhile. The destination holds its former state; copy again.");
        }
    }

    private void WriteSmallFiles(DestinationState there, TransferMonitor monitor)
    {
        List<CopyItem> items = [];
        foreach (string name in (string[])["README", "transactions"])
        {
            // The one never changes, the other only grows.
            if (source.Find(name) is { } item && (there.IsNew || !there.Files.TryGetValue(name, out long length) || length != item.Length))
            {
                items.Add(item);
            }
        }

        destination.Put(items, monitor);
        RaiseNonce(monitor.Token);
    }

    // Never lowered, and before the key could be used with it: a nonce that is used twice endangers the encryption.
    private void RaiseNonce(CancellationToken cancellationToken)
    {
        byte[]? present = destination.Read(NonceFile.FileName, cancellationToken);
        ulong? there = present is null ? null : NonceFile.Parse(present, destination.Name);
        if (source.ReadNonce() is { } nonce && !(there >= nonce))
        {
            destination.Write(NonceFile.FileName, NonceFile.Format(nonce), cancellationToken);
        }
    }

    private void UpdateKey(DestinationState there, CancellationToken cancellationToken)
    {
        RepositoryConfig config = there.Config!;
        if (config.Key != source.Config.Key)
        {
            config.Key = source.Config.Key;
            destination.WriteConfig(config, cancellationToken);
        }
    }

    private void RequireSpace(CopyPlan plan, DestinationState there)
    {
        long started = there.Files.Where(file => LocalTransfer.IsTemporary(file.Key)).Sum(file => file.Value);
        long required = plan.Add.Concat(plan.Restore).Concat(_replaced).Sum(segment => segment.Length) - started
            + source.FindGeneration().Sum(item => item.Length);
        if (destination.AvailableBytes is { } available && available < required)
        {
            throw new InsufficientFreeSpaceException(required, available);
        }
    }

    private CopyReport Report(DestinationState there, IReadOnlyList<CopiedSegment> segments) => new()
    {
        IsPlan = options.PlanOnly,
        IsNew = there.IsNew,
        Id = source.Config.Id,
        Destination = destination.Name,
        TransactionBefore = there.TransactionId,
        TransactionId = source.TransactionId,
        ObjectCount = source.State.Index.Count,
        Segments = segments,
        KeptSegments = _keptSegments,
        KeptBytes = _keptBytes,
        DamagedInSource = [.. _damaged],
    };
}
