using System.Management.Automation;
using System.Runtime.CompilerServices;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>
/// Shows progress, at most ten times a second and not at all for what is done within the first tenth: hosts draw slowly,
/// and a bar that flickers up tells nobody anything.
/// </summary>
internal sealed class ProgressRelay(Action<ProgressRecord> write, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // Two cmdlets of one pipeline must not draw over each other's bar.
    private readonly int _activityId = RuntimeHelpers.GetHashCode(write) & int.MaxValue;
    private string? _activity;
    private bool _shown;
    private long _started;
    private long _last;
    private long _done;

    /// <summary>Tells how far the work is.</summary>
    /// <param name="activity">What is being done; a new one starts a new bar.</param>
    /// <param name="detail">What is at hand.</param>
    /// <param name="done">Work done, in any unit.</param>
    /// <param name="total">Work in all; 0 or less if unknown.</param>
    /// <param name="inBytes">True if the unit is bytes: then they are told, and how many there are in a second.</param>
    public void Report(string activity, string detail, long done, long total, bool inBytes = false)
    {
        long now = time.GetTimestamp();
        if (_activity != activity)
        {
            Complete();
            _activity = activity;
            _started = _last = now;
            _done = done;
            return;
        }

        if (done < _done)
        {
            // The same work on the next repository: time left and rate are counted from here.
            _started = now;
        }

        _done = done;
        if (time.GetElapsedTime(_last, now) < Interval)
        {
            return;
        }

        _last = now;
        _shown = true;
        TimeSpan elapsed = time.GetElapsedTime(_started, now);
        string status = inBytes ? DescribeBytes(detail, done, total, elapsed) : string.IsNullOrEmpty(detail) ? "..." : detail;
        double share = total > 0 ? Math.Clamp((double)done / total, 0, 1) : -1;

        // A new record each time: jobs and hosts keep what they were given.
        write(new ProgressRecord(_activityId, activity, status)
        {
            PercentComplete = share < 0 ? -1 : (int)(share * 100),
            SecondsRemaining = share > 0 ? SecondsLeft(elapsed, share) : -1,
        });
    }

    /// <summary>Takes the bar away.</summary>
    public void Complete()
    {
        if (_activity is not null && _shown)
        {
            write(new ProgressRecord(_activityId, _activity, "...") { RecordType = ProgressRecordType.Completed });
        }

        _activity = null;
        _shown = false;
    }

    private static string DescribeBytes(string detail, long done, long total, TimeSpan elapsed)
    {
        long rate = (long)(done / Math.Max(elapsed.TotalSeconds, 0.1));
        string amount = total > 0 ? $"{ByteSize.Format(done)} of {ByteSize.Format(total)}" : ByteSize.Format(done);
        return $"{detail}, {amount}, {ByteSize.Format(rate)}/s";
    }

    private static int SecondsLeft(TimeSpan elapsed, double share) =>
        (int)Math.Min(int.MaxValue, elapsed.TotalSeconds * (1 - share) / share);
}
