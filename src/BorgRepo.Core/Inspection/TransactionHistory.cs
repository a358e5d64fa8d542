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

    // File systems keep times as coarse as two seconds.
    private static readonly TimeSpan ClockGrain = TimeSpan.FromSeconds(2);

    /// <summary>True if the repository is append-only, or once was.</summary>
    public static bool HasLog(LogContext context) => context.Services.FileSystem.GetInfo(LogPath(context)).Kind == PathKind.File;

    /// <summary>Reads both and joins them.</summary>
    public static IReadOnlyList<TransactionInfo> Read(LogContext context, uint? current, CancellationToken cancellationToken)
    {
        Dictionary<uint, List<DateTime>> logged = ReadLog(context);
        SortedDictionary<uint, TransactionInfo> found = [];
        int segments = 0;
        long bytes = 0;
        List<(SegmentFile File, PathInfo Info)> files = [.. context.Store.Enumerate()
            .TakeWhile(file => file.Number <= current)
            .Select(file => (file, context.Services.FileSystem.GetInfo(file.Path)))];
        long total = files.Sum(file => file.Info.Length);
        long done = 0;
        foreach ((SegmentFile file, PathInfo info) in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            context.Services.Progress?.Invoke(new OperationProgress("Reading transactions", done, total, $"segment {file.Number}"));
            done += info.Length;
            segments++;
            bytes += info.Length;
            if (CommitRule.EndsWithCommit(context.Services.FileSystem, file))
            {
                found.Add(file.Number, new TransactionInfo
                {
                    Id = file.Number,
                    LoggedUtc = logged.TryGetValue(file.Number, out List<DateTime>? times) ? TimeOf(times, info.LastWriteUtc) : null,
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

        foreach ((uint id, List<DateTime> times) in logged)
        {
            found.TryAdd(id, new TransactionInfo
            {
                Id = id, LoggedUtc = times[^1], WrittenUtc = null, SegmentCount = 0, Bytes = 0, IsOnDisk = false, IsCurrent = false,
            });
        }

        return [.. found.Values];
    }

    // Several lines name one id if its index was rebuilt later, and if it was gone back from and the number was used again.
    // The line of a commit is written right after its segment. A copy has lost that time: then the first line it is.
    private static DateTime TimeOf(List<DateTime> times, DateTime writtenUtc)
    {
        int index = times.FindIndex(time => time >= writtenUtc - ClockGrain);
        return times[Math.Max(0, index)];
    }

    // Nobody but people reads this file otherwise; lines that do not fit are passed over.
    private static Dictionary<uint, List<DateTime>> ReadLog(LogContext context)
    {
        Dictionary<uint, List<DateTime>> logged = [];
        if (!HasLog(context))
        {
            return logged;
        }

        using IFile file = context.Services.FileSystem.Open(LogPath(context), FileOpenKind.Read);
        byte[] bytes = new byte[(int)Math.Min(file.Length, MaxLogBytes)];
        int got = file.Read(bytes, 0);
        foreach (string line in Encoding.UTF8.GetString(bytes, 0, got).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryParse(line, out uint id, out DateTime time))
            {
                continue;
            }

            if (!logged.TryGetValue(id, out List<DateTime>? times))
            {
                logged.Add(id, times = []);
            }

            times.Add(time);
        }

        return logged;
    }

    private static string LogPath(LogContext context) => Path.Combine(context.Path, "transactions");

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
