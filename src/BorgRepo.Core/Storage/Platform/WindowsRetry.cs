namespace BorgRepo.Core.Storage.Platform;

/// <summary>Repeats deletes and renames that fail because a virus scanner or an indexer has the file open just now.</summary>
internal static class WindowsRetry
{
    private const int AccessDenied = unchecked((int)0x80070005);
    private const int SharingViolation = unchecked((int)0x80070020);
    private const int LockViolation = unchecked((int)0x80070021);
    private const int UserMappedFile = unchecked((int)0x800704C8);

    // 5 + 10 + ... + 640 ms: a little more than a second in all.
    private const int Attempts = 8;
    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(5);

    /// <summary>Does it, waiting between attempts as long as <paramref name="worthRepeating"/> agrees.</summary>
    public static void Run(Action<string, string> action, string source, string target, RepositoryEnvironment environment, Func<bool>? worthRepeating = null)
    {
        TimeSpan wait = s_firstWait;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                action(source, target);
                return;
            }
            catch (Exception error) when (attempt <= Attempts && IsTransient(error) && (worthRepeating?.Invoke() ?? true))
            {
                environment.Wait(wait, CancellationToken.None);
                wait *= 2;
            }
        }
    }

    private static bool IsTransient(Exception error) => error is IOException or UnauthorizedAccessException
        && error.HResult is AccessDenied or SharingViolation or LockViolation or UserMappedFile;
}
