using System.Diagnostics;

namespace BorgRepo.Benchmarks.Measuring;

/// <summary>Adds up wall time and processor time (user and system, all threads) over the regions that were entered.</summary>
internal sealed class Clock
{
    /// <summary>Wall time in seconds.</summary>
    public double Wall { get; private set; }

    /// <summary>Processor time in seconds.</summary>
    public double Processor { get; private set; }

    /// <summary>Enters a region; disposing leaves it.</summary>
    public Region Measure() => new(this);

    /// <summary>A region that is measured.</summary>
    internal readonly ref struct Region
    {
        private readonly Clock _clock;
        private readonly TimeSpan _processor;
        private readonly long _wall;

        public Region(Clock clock)
        {
            _clock = clock;
            _processor = Environment.CpuUsage.TotalTime;
            _wall = Stopwatch.GetTimestamp();
        }

        public void Dispose()
        {
            _clock.Wall += Stopwatch.GetElapsedTime(_wall).TotalSeconds;
            _clock.Processor += (Environment.CpuUsage.TotalTime - _processor).TotalSeconds;
        }
    }
}
