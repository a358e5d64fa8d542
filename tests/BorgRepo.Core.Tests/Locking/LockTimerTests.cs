using BorgRepo.Core.Locking;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Locking;

public sealed class LockTimerTests
{
    [Theory]
    [InlineData(1.0, 0.1)]
    [InlineData(30.0, 3.0)]
    [InlineData(600.0, 60.0)]
    [InlineData(86400.0, 60.0)]
    public void Attempts_are_a_tenth_of_the_limit_apart_and_a_minute_at_most(double limit, double interval) =>
        Assert.Equal(TimeSpan.FromSeconds(interval), new LockTimer(new SimulatedEnvironment(), TimeSpan.FromSeconds(limit)).Interval);

    [Fact]
    public void Without_a_limit_attempts_are_a_second_apart() =>
        Assert.Equal(TimeSpan.FromSeconds(1), new LockTimer(new SimulatedEnvironment(), null).Interval);

    [Fact]
    public void A_limit_of_zero_allows_no_waiting()
    {
        SimulatedEnvironment environment = new();
        Assert.False(new LockTimer(environment, TimeSpan.Zero).TryWait(TimeSpan.FromSeconds(1), CancellationToken.None));
        Assert.Equal(0, environment.Waits);
    }

    [Fact]
    public void The_last_wait_ends_at_the_limit()
    {
        SimulatedEnvironment environment = new();
        LockTimer timer = new(environment, TimeSpan.FromSeconds(1));
        long start = environment.Time.GetTimestamp();

        Assert.True(timer.TryWait(TimeSpan.FromSeconds(0.7), CancellationToken.None));
        Assert.True(timer.TryWait(TimeSpan.FromSeconds(0.7), CancellationToken.None));
        Assert.False(timer.TryWait(TimeSpan.FromSeconds(0.7), CancellationToken.None));
        Assert.Equal(TimeSpan.FromSeconds(1), environment.Time.GetElapsedTime(start));
    }

    [Fact]
    public void The_infinite_time_span_is_no_limit()
    {
        LockTimer timer = new(new SimulatedEnvironment(), Timeout.InfiniteTimeSpan);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(timer.TryWait(TimeSpan.FromDays(1), CancellationToken.None));
        }
    }
}
