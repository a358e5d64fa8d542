using System.Globalization;
using System.Text;
using BorgRepo.Core.Format;
using BorgRepo.Core.Hints;
using BorgRepo.Core.Index;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Transactions;

/// <summary>
/// Saves index and hints of a transaction whose COMMIT is durable, and in append-only mode the line in
/// <c>transactions</c> that lets a person go back. borg 1.1 and later write the line first, borg 1.0 last.
/// </summary>
public static class Checkpoint
{
    /// <summary>Saves the generation and removes all others.</summary>
    public static void Save(LogContext context, uint transactionId, HashIndex index, SegmentUsage usage)
    {
        bool lineFirst = context.Format == WriteFormat.Borg14;
        if (context.AppendOnly && lineFirst)
        {
            AppendLine(context, transactionId);
        }

        context.Indexes.Save(transactionId, index, usage, context.Format);
        if (context.AppendOnly && !lineFirst)
        {
            AppendLine(context, transactionId);
        }
    }

    /// <summary>Only the line, for a transaction whose index and hints are saved later.</summary>
    public static void Record(LogContext context, uint transactionId)
    {
        if (context.AppendOnly)
        {
            AppendLine(context, transactionId);
        }
    }

    private static void AppendLine(LogContext context, uint transactionId)
    {
        // Always six digits: a full second must not change the format.
        string time = context.Services.Environment.Time.GetUtcNow().UtcDateTime
            .ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        byte[] line = Encoding.ASCII.GetBytes($"transaction {transactionId}, UTC time {time}\n");
        using IFile log = context.Services.FileSystem.Open(System.IO.Path.Combine(context.Path, "transactions"), FileOpenKind.Update);
        log.Write(line, log.Length);
    }
}
