using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Locking;

/// <summary>How long one acquisition still may wait.</summary>
internal sealed class LockTimer
{
    private static readonly TimeSpan s_intervalWithoutLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestInterval = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_shortestInterval = TimeSpan.FromMilliseconds(1);

    private readonly RepositoryEnvironment _environment;
    private readonly TimeSpan? _limit;
    private readonly long _start;

    /// <summary>Starts now.</summary>
    /// <param name="environment">Clock.</param>
    /// <param name="limit">Zero: one attempt. Null (or the infinite time span): for ever.</param>
    /// <param name="interval">Time between attempts; null: a tenth of the limit, a minute at most.</param>
    public LockTimer(RepositoryEnvironment environment, TimeSpan? limit, TimeSpan? interval = null)
    {
        _environment = environment;
        _limit = limit == Timeout.InfiniteTimeSpan ? null : limit;
        _start = environment.Time.GetTimestamp();
        Interval = interval ?? ChooseInterval(_limit);
    }

    /// <summary>Time between attempts at the lock folder.</summary>
    public TimeSpan Interval { get; }

    /// <summary>Waits before the next attempt. False, without waiting, if the time is over.</summary>
    public bool TryWait(TimeSpan interval, CancellationToken cancellationToken)
    {
        if (_limit is { } limit)
        {
            TimeSpan left = limit - _environment.Time.GetElapsedTime(_start);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }
            // Never beyond the end: the last attempt is at the limit, not up to a minute after it.
            interval = left < interval ? left : interval;
        }
        _environment.Wait(interval > s_shortestInterval ? interval : s_shortestInterval, cancellationToken);
        return true;
    }

    private static TimeSpan ChooseInterval(TimeSpan? limit) => limit is not { } known ? s_intervalWithoutLimit
        : known / 10 < s_longestInterval ? known / 10 : s_longestInterval;
}
