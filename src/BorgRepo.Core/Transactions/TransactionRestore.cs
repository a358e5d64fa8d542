using System.Globalization;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Transactions;

/// <summary>
/// Goes back to an earlier transaction by moving everything newer aside; nothing is deleted.
/// 1. Make a dated folder in the repository, which every borg ignores.
/// 2. Move the segments after the transaction there, highest first. The move of a COMMIT is made durable before anything
///    below it is moved: so a crash, which may undo moves in any order, never leaves a transaction with a hole in it.
/// 3. Move index, hints and integrity there. As long as they are in place, their higher number tells that a COMMIT is missing,
///    and no writer takes the segments that still have to be moved for leftovers to delete.
/// 4. Make the index anew. If the log is too damaged for that, the next use says so.
/// A second run after an interruption finishes the rest.
/// </summary>
internal static class TransactionRestore
{
    /// <summary>What would be moved. Writes nothing.</summary>
    /// <exception cref="InvalidTransactionStateException">That transaction is not on the disk.</exception>
    public static RestorePlan Plan(LogContext context, uint transactionId, CancellationToken cancellationToken)
    {
        RequireCommit(context, transactionId, cancellationToken);
        List<uint> commits = [];
        int segments = 0;
        long bytes = 0;
        foreach (SegmentFile file in Newer(context, transactionId))
        {
            cancellationToken.ThrowIfCancellationRequested();
            segments++;
            bytes += context.Store.GetLength(file.Number);
            if (CommitRule.EndsWithCommit(context.Services.FileSystem, file))
            {
                commits.Add(file.Number);
            }
        }

        commits.Reverse();
        return new RestorePlan(transactionId, commits, segments, bytes);
    }

    /// <summary>Goes back.</summary>
    /// <exception cref="InvalidTransactionStateException">That transaction is not on the disk.</exception>
    public static RestoreOutcome Run(LogContext context, uint transactionId, CancellationToken cancellationToken)
    {
        RequireCommit(context, transactionId, cancellationToken);
        IFileSystem fileSystem = context.Services.FileSystem;
        List<SegmentFile> newer = [.. Newer(context, transactionId)];
        if (newer.Count == 0 && (context.Indexes.FindLatest() ?? 0) <= transactionId)
        {
            return new RestoreOutcome(null, null);
        }

        string time = context.Services.Environment.Time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string aside = MakeFolder(fileSystem, Path.Combine(context.Path, $"after-{transactionId}.{time}"));
        fileSystem.SyncDirectory(context.Path);
        HashSet<string> folders = [];
        foreach (SegmentFile file in newer)
        {
            bool isCommit = CommitRule.EndsWithCommit(fileSystem, file);
            context.Store.Handles.Drop(file.Number);
            fileSystem.Replace(file.Path, Path.Combine(aside, Path.GetFileName(file.Path)));
            folders.Add(context.Store.FolderOf(file.Number));
            if (isCommit)
            {
                MakeDurable(fileSystem, aside, folders);
            }
        }

        MakeDurable(fileSystem, aside, folders);
        foreach (DirectoryItem item in fileSystem.List(context.Path))
        {
            if (item.Kind == PathKind.File && IsGeneration(item.Name))
            {
                fileSystem.Replace(Path.Combine(context.Path, item.Name), Path.Combine(aside, item.Name));
            }
        }

        fileSystem.SyncDirectory(context.Path);
        fileSystem.SyncDirectory(aside);
        return new RestoreOutcome(aside, RebuildIndex(context, transactionId, cancellationToken));
    }

    private static void MakeDurable(IFileSystem fileSystem, string aside, HashSet<string> folders)
    {
        fileSystem.SyncDirectory(aside);
        foreach (string folder in folders)
        {
            fileSystem.SyncDirectory(folder);
        }

        folders.Clear();
    }

    private static int? RebuildIndex(LogContext context, uint transactionId, CancellationToken cancellationToken)
    {
        try
        {
            using HashIndex index = new();
            SegmentUsage usage = new();
            new Replay(context, index, usage, context.Workers).Run(null, transactionId, cancellationToken);
            Checkpoint.Save(context, transactionId, index, usage);
            return index.Count;
        }
        catch (BorgRepositoryException error) when (error is IntegrityException or SegmentMissingException)
        {
            context.Services.Notify(NoticeLevel.Warning, $"{error.Message}: the index cannot be made anew. Check the repository.");
            return null;
        }
    }

    // Highest first.
    private static IEnumerable<SegmentFile> Newer(LogContext context, uint transactionId) =>
        context.Store.EnumerateDescending().TakeWhile(file => file.Number > transactionId);

    private static void RequireCommit(LogContext context, uint transactionId, CancellationToken cancellationToken)
    {
        SegmentFile target = new(transactionId, context.Store.PathOf(transactionId));
        if (!context.Store.Exists(transactionId) || !CommitRule.IsCommitted(context.Services.FileSystem, target, cancellationToken))
        {
            throw new InvalidTransactionStateException($"Segment {transactionId} carries no valid COMMIT, so there is no transaction {transactionId} to go back to.");
        }
    }

    private static string MakeFolder(IFileSystem fileSystem, string path)
    {
        string name = path;
        for (int n = 2; !fileSystem.TryCreateDirectory(name); n++)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{path}.{n}");
        }

        return name;
    }

    private static bool IsGeneration(string name) =>
        name.StartsWith("index.", StringComparison.Ordinal)
        || name.StartsWith("hints.", StringComparison.Ordinal)
        || name.StartsWith("integrity.", StringComparison.Ordinal);
}
