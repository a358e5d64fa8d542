using System.Globalization;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>Finds out who holds a repository's lock, changing nothing, and puts it into words.</summary>
internal static class LockHolders
{
    /// <summary>All holders: the one writer, then the readers.</summary>
    public static IReadOnlyList<LockHolder> Read(RepositoryServices services, string repositoryPath) =>
        [.. ReadWriters(services, repositoryPath), .. ReadReaders(services, repositoryPath)];

    /// <summary>Texts for a message about the lock folder.</summary>
    public static IReadOnlyList<string> DescribeWriters(RepositoryServices services, string repositoryPath, LockIdentity own)
    {
        try
        {
            return Describe(ReadWriters(services, repositoryPath), services, own);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The message about the lock matters more than who holds it.
            return [$"somebody unknown ({error.Message})"];
        }
    }

    /// <summary>Texts for a message about readers in the way.</summary>
    public static IReadOnlyList<string> DescribeReaders(IEnumerable<LockIdentity> readers, RepositoryServices services, LockIdentity own, string source) =>
        Describe(readers.Select(r => new LockHolder(r, false, LockLiveness.IsAlive(r, services.Environment), null, source)), services, own);

    private static List<LockHolder> ReadWriters(RepositoryServices services, string repositoryPath)
    {
        string directory = LockPaths.Directory(repositoryPath);
        List<LockHolder> holders = [];
        try
        {
            foreach (DirectoryItem item in services.FileSystem.List(directory).OrderBy(i => i.Name, StringComparer.Ordinal))
            {
                string path = Path.Combine(directory, item.Name);
                PathInfo info = services.FileSystem.GetInfo(path);
                if (info.Kind == PathKind.Missing)
                {
                    continue;
                }
                bool isName = LockIdentity.TryParseFileName(item.Name, out LockIdentity identity);
                holders.Add(new LockHolder(
                    isName ? identity : new LockIdentity(item.Name, 0, 0),
                    Exclusive: true,
                    isName ? LockLiveness.IsAlive(identity, services.Environment) : null,
                    info.LastWriteUtc,
                    path));
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Nobody.
        }
        return holders;
    }

    private static IEnumerable<LockHolder> ReadReaders(RepositoryServices services, string repositoryPath)
    {
        LockRoster roster = new(services, repositoryPath, default);
        roster.Load();
        return roster.Shared.Select(r => new LockHolder(r, false, LockLiveness.IsAlive(r, services.Environment), null, roster.FilePath));
    }

    private static List<string> Describe(IEnumerable<LockHolder> holders, RepositoryServices services, LockIdentity own) =>
        [.. holders.Select(h => Describe(h, services.Environment.Time.GetUtcNow().UtcDateTime, own))];

    private static string Describe(LockHolder holder, DateTime nowUtc, LockIdentity own)
    {
        string who = holder.Identity == own
            ? string.Create(CultureInfo.InvariantCulture, $"this process (another session, process {own.ProcessId} on {own.Host})")
            : holder.Identity.ProcessId == 0 ? $"an unknown holder '{holder.Identity.Host}'"
            : string.Create(CultureInfo.InvariantCulture, $"process {holder.Identity.ProcessId} on {holder.Identity.Host}");
        string what = holder.Exclusive ? "for writing" : "for reading";
        return holder.SinceUtc is { } since ? $"{who} {what} since {Age(nowUtc - since)}" : $"{who} {what}";
    }

    // The clocks of two computers may differ: no age below zero.
    private static string Age(TimeSpan age) => age.TotalSeconds < 120 ? Count(Math.Max(0, age.TotalSeconds), "second")
        : age.TotalMinutes < 120 ? Count(age.TotalMinutes, "minute")
        : age.TotalHours < 48 ? Count(age.TotalHours, "hour")
        : Count(age.TotalDays, "day");

    private static string Count(double number, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(number)} {unit}{((long)number == 1 ? "" : "s")}");
}
