using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Copying;

/// <summary>Watches a transfer: cancels it, slows it down, tells how far it is.</summary>
/// <param name="services">Clock and progress.</param>
/// <param name="activity">What is being done, as a short phrase.</param>
/// <param name="bytesPerSecond">Most bytes in a second; null for no limit.</param>
/// <param name="cancellationToken">Ends it.</param>
public sealed class TransferMonitor(RepositoryServices services, string activity, long? bytesPerSecond, CancellationToken cancellationToken)
{
    // What may be written at once after a pause. Without such a bound a source that stalls is followed by a burst.
    private static readonly TimeSpan s_burst = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time = services.Environment.Time;
    private long _due;
    private long _done;

    /// <summary>Ends the transfer.</summary>
    public CancellationToken Token { get; } = cancellationToken;

    /// <summary>Most bytes in a second; null for no limit.</summary>
    public long? BytesPerSecond { get; } = bytesPerSecond;

    /// <summary>Bytes to read or write in all.</summary>
    public long TotalBytes { get; set; }

    /// <summary>Bytes were read or found to be there: tells how far the work is.</summary>
    public void Advance(long bytes, string detail)
    {
        Token.ThrowIfCancellationRequested();
        _done += bytes;
        services.Progress?.Invoke(new OperationProgress(activity, _done, TotalBytes, detail));
    }

    /// <summary>Bytes are going to be written: waits until the limit allows it.</summary>
    public void Await(int bytes)
    {
        if (BytesPerSecond is not { } limit)
        {
            return;
        }

        long now = _time.GetTimestamp();
        long frequency = _time.TimestampFrequency;
        _due = Math.Max(_due, now - (long)(s_burst.TotalSeconds * frequency)) + (long)((double)bytes * frequency / limit);
        if (_due > now)
        {
            services.Environment.Wait(_time.GetElapsedTime(now, _due), Token);
        }
    }
}
