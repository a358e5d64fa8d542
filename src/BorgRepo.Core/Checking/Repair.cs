using System.Globalization;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Checking;

/// <summary>
/// Sets right what a check found.
/// 1. For each damaged segment: copy the original aside, durably, under a name that every borg ignores; write its valid
///    entries to a temporary file, sync, and replace the segment by it.
/// 2. If the log has lost its last COMMIT, move aside what an interrupted transaction left behind it, and add a COMMIT there.
/// 3. Rebuild index and hints from the log, unless the check has done that in its own pass, and save them.
/// Each step leaves a state from which a second run goes on: a segment is always the old or the new one, and index and hints
/// count for nothing until the end.
/// </summary>
internal sealed class Repair(
    LogContext context,
    CheckOptions options,
    Dictionary<uint, DamagedSegment> damaged,
    LogEnd end,
    Replay? rebuilt)
{
    private const int CopyBlock = 1024 * 1024;
    private const string BackupSuffix = ".beforerecover";

    private readonly IFileSystem _fileSystem = context.Services.FileSystem;

    /// <summary>What would be done. Writes nothing.</summary>
    public IReadOnlyList<RepairAction> Plan()
    {
        List<RepairAction> actions = [.. damaged.Values.OrderBy(segment => segment.File.Number)
            .Select(segment => Describe(segment, KeepsOriginal(segment) ? BackupPathOf(segment.File) : null))];
        uint? transaction = CommittedAfterRewriting();
        if (LacksCommit(transaction))
        {
            actions.AddRange(end.Leftovers.Reverse().Select(file => DescribeRemoval(file, options.NoBackup ? null : BackupPathOf(file))));
            transaction = NextSegment();
            actions.Add(DescribeCommit(transaction.Value));
        }

        actions.Add(DescribeIndex(transaction!.Value));
        return actions;
    }

    /// <summary>Does it.</summary>
    /// <param name="transactionId">The last transaction afterwards.</param>
    /// <param name="cancellationToken">Checked between blocks; what is done so far stays done.</param>
    public IReadOnlyList<RepairAction> Execute(out uint? transactionId, CancellationToken cancellationToken)
    {
        List<RepairAction> actions = [];
        foreach (DamagedSegment segment in damaged.Values.OrderBy(segment => segment.File.Number))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string? backup = KeepsOriginal(segment) ? Backup(segment, cancellationToken) : null;
            Rewrite(segment, cancellationToken);
            context.Services.Notify(NoticeLevel.Warning, $"Segment {segment.File.Number} was repaired: {segment.KeptEntries} entries kept{(backup is null ? string.Empty : $", the original is kept as {backup}")}.");
            actions.Add(Describe(segment, backup));
        }

        if (end is { Committed: null, Last: null, Indexed: { } orphan } && !options.NoBackup)
        {
            // Every segment is gone: this index alone still tells which objects there were.
            context.Indexes.SetAside(orphan);
        }

        uint? committed = CommittedAfterRewriting();
        if (LacksCommit(committed))
        {
            actions.AddRange(end.Leftovers.Reverse().Select(RemoveLeftover));
            committed = AddCommit();
            actions.Add(DescribeCommit(committed.Value));
        }

        transactionId = committed;
        RebuildIndex(committed!.Value, cancellationToken);
        actions.Add(DescribeIndex(committed.Value));
        return actions;
    }

    private static RepairAction DescribeCommit(uint segment) =>
        new(RepairKind.AddCommit, segment, 1, LogEntry.CommitOnlySegmentSize, 0, null);

    private static RepairAction DescribeIndex(uint transaction) => new(RepairKind.RebuildIndex, transaction, 0, 0, 0, null);

    private static RepairAction Describe(DamagedSegment segment, string? backup)
    {
        long kept = LogEntry.MagicSize + segment.KeptBytes;
        return new RepairAction(RepairKind.RewriteSegment, segment.File.Number, segment.KeptEntries, kept, Math.Max(0, segment.Length - kept), backup);
    }

    private RepairAction DescribeRemoval(SegmentFile file, string? backup) =>
        new(RepairKind.RemoveSegment, file.Number, 0, 0, context.Store.GetLength(file.Number), backup);

    private bool KeepsOriginal(DamagedSegment segment) => !options.NoBackup && segment.Length > 0;

    // A damaged segment that keeps its COMMIT needs no other.
    private uint? CommittedAfterRewriting() => damaged.Values
        .Where(segment => segment.EndsCommitted)
        .Select(segment => (uint?)segment.File.Number)
        .Append(end.Committed)
        .Max();

    private bool LacksCommit(uint? committed) => end.NeedsCommit && (committed is null || committed < end.Last);

    private uint NextSegment() => end.Last is { } last ? last + 1 : 0;

    // An older backup of the same segment is the better original: it stays, and the new one gets a number.
    private string BackupPathOf(SegmentFile file)
    {
        string path = file.Path + BackupSuffix;
        for (int n = 2; _fileSystem.GetInfo(path).Kind != PathKind.Missing; n++)
        {
            path = string.Create(CultureInfo.InvariantCulture, $"{file.Path}{BackupSuffix}.{n}");
        }

        return path;
    }

    private string Backup(DamagedSegment segment, CancellationToken cancellationToken)
    {
        string path = BackupPathOf(segment.File);
        string temporary = segment.File.Path + BackupSuffix + ".tmp";
        RemovingOnFailure(temporary, () => CopyAside(segment.File.Path, temporary, cancellationToken));
        _fileSystem.Replace(temporary, path);
        _fileSystem.SyncDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private void CopyAside(string path, string temporary, CancellationToken cancellationToken)
    {
        using (IFile source = _fileSystem.Open(path, FileOpenKind.Read))
        using (IFile target = _fileSystem.Open(temporary, FileOpenKind.Overwrite))
        using (AlignedBuffer block = new(CopyBlock))
        {
            long length = source.Length;
            int got;
            for (long at = 0; at < length && (got = source.Read(block.Span, at)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                target.Write(block.Span[..got], at);
                at += got;
            }

            target.Sync();
        }
    }

    // On a full disk its room is needed, and nobody else would ever remove it.
    private void RemovingOnFailure(string temporary, Action write)
    {
        bool isDone = false;
        try
        {
            write();
            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                TryDelete(temporary);
            }
        }
    }

    private void TryDelete(string path)
    {
        try
        {
            _fileSystem.DeleteFile(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            context.Services.Notify(NoticeLevel.Warning, $"{path} is no longer needed and could not be removed: {error.Message}");
        }
    }

    private void Rewrite(DamagedSegment segment, CancellationToken cancellationToken)
    {
        string temporary = segment.File.Path + ".repair.tmp";
        RemovingOnFailure(temporary, () => new SegmentRewrite(_fileSystem, segment).WriteTo(temporary, cancellationToken));
        context.Store.Handles.Drop(segment.File.Number);
        _fileSystem.Replace(temporary, segment.File.Path);
        _fileSystem.SyncDirectory(Path.GetDirectoryName(segment.File.Path)!);
    }

    private RepairAction RemoveLeftover(SegmentFile file)
    {
        RepairAction action = DescribeRemoval(file, options.NoBackup ? null : BackupPathOf(file));
        context.Store.Handles.Drop(file.Number);
        if (action.BackupPath is { } backup)
        {
            _fileSystem.Replace(file.Path, backup);
        }
        else
        {
            context.Store.Delete(file.Number);
        }

        _fileSystem.SyncDirectory(Path.GetDirectoryName(file.Path)!);
        return action;
    }

    private uint AddCommit()
    {
        using SegmentWriter writer = new(_fileSystem, context.Store, NextSegment(), context.MaxSegmentSize, context.Format);
        uint committed = writer.WriteCommit(intermediate: false);
        context.Services.Notify(NoticeLevel.Warning, $"A COMMIT was added in segment {committed}.");
        return committed;
    }

    private void RebuildIndex(uint transactionId, CancellationToken cancellationToken)
    {
        // Index and hints count from when they are saved: what they describe must not be lost after that.
        context.Store.MakeDurable(null, transactionId);
        if (rebuilt is not null)
        {
            rebuilt.Save(transactionId);
            return;
        }

        using HashIndex index = new();
        Replay replay = new(context, index, new SegmentUsage(), options.Workers);
        replay.Run(null, transactionId, cancellationToken);
        replay.Save(transactionId);
    }
}
