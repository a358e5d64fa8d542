namespace BorgRepo.Core.Tests.Simulation;

/// <summary>A clock that only tests move. Shared by the simulated processes of one test.</summary>
public sealed class SimulatedTime : TimeProvider
{
    private long _ticks = new DateTime(2024, 2, 3, 4, 5, 6, DateTimeKind.Utc).Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public void Advance(TimeSpan duration) => Interlocked.Add(ref _ticks, duration.Ticks);
}
