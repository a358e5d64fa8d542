using System.Globalization;
using System.Text;
using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Transactions;

namespace BorgRepo.Core.Inspection;

/// <summary>Lists transactions in ascending order from the log of an append-only repository and from the COMMITs on the disk.</summary>
internal static class TransactionHistory
{
    private const int MaxLogBytes = 64 * 1024 * 1024;

    /// <summary>Reads both and joins them.</summary>
    public static IReadOnlyList<TransactionInfo> Read(LogContext context, uint? current)
    {
        SortedDictionary<uint, DateTime> logged = ReadLog(context);
        SortedDictionary<uint, TransactionInfo> found = [];
        int segments = 0;
        long bytes = 0;
        foreach (SegmentFile file in context.Store.Enumerate())
        {
            if (file.Number > current)
            {
                break;
            }

            PathInfo info = context.Services.FileSystem.GetInfo(file.Path);
            segments++;
            bytes += info.Length;
            if (CommitRule.EndsWithCommit(context.Services.FileSystem, file))
            {
                found.Add(file.Number, new TransactionInfo
                {
                    Id = file.Number,
                    LoggedUtc = logged.TryGetValue(file.Number, out DateTime time) ? time : null,
                    WrittenUtc = info.LastWriteUtc,
                    SegmentCount = segments,
                    Bytes = bytes,
                    IsOnDisk = true,
                    IsCurrent = file.Number == current,
                });
                segments = 0;
                bytes = 0;
            }
        }

        foreach ((uint id, DateTime time) in logged)
        {
            found.TryAdd(id, new TransactionInfo
            {
                Id = id, LoggedUtc = time, WrittenUtc = null, SegmentCount = 0, Bytes = 0, IsOnDisk = false, IsCurrent = false,
            });
        }

        return [.. found.Values];
    }

    // Nobody but people reads this file otherwise; lines that do not fit are passed over. A transaction that was replayed
    // has several lines: the first is the one of its commit.
    private static SortedDictionary<uint, DateTime> ReadLog(LogContext context)
    {
        SortedDictionary<uint, DateTime> logged = [];
        string path = Path.Combine(context.Path, "transactions");
        if (context.Services.FileSystem.GetInfo(path).Kind != PathKind.File)
        {
            return logged;
        }

        using IFile file = context.Services.FileSystem.Open(path, FileOpenKind.Read);
        byte[] bytes = new byte[(int)Math.Min(file.Length, MaxLogBytes)];
        int got = file.Read(bytes, 0);
        foreach (string line in Encoding.UTF8.GetString(bytes, 0, got).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (TryParse(line, out uint id, out DateTime time))
            {
                logged.TryAdd(id, time);
            }
        }

        return logged;
    }

    private static bool TryParse(string line, out uint id, out DateTime time)
    {
        const string start = "transaction ";
        const string middle = ", UTC time ";
        id = 0;
        time = default;
        int comma = line.IndexOf(middle, StringComparison.Ordinal);
        return line.StartsWith(start, StringComparison.Ordinal) && comma > start.Length
            && SegmentName.TryParse(line[start.Length..comma], out id)
            && DateTime.TryParse(
                line[(comma + middle.Length)..],
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out time);
    }
}
