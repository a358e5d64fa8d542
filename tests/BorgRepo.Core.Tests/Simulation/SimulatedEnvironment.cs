using System.Collections.Concurrent;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Simulation;

/// <summary>A process on a computer, both made up. Several with one clock are several processes.</summary>
public sealed class SimulatedEnvironment(SimulatedTime? time = null, int processId = 1000, string hostId = "host.example@1", int seed = 1) : RepositoryEnvironment
{
    private readonly Random _random = new(seed);
    private int _waits;

    /// <summary>The clock; waiting moves it on at once.</summary>
    public SimulatedTime Clock { get; } = time ?? new SimulatedTime();

    public override TimeProvider Time => Clock;

    public override string HostId => CurrentHostId;

    public string CurrentHostId { get; set; } = hostId;

    public override int ProcessId => CurrentProcessId;

    public int CurrentProcessId { get; set; } = processId;

    /// <summary>Processes of this host that live besides this one.</summary>
    public ConcurrentDictionary<int, bool> AliveProcesses { get; } = new();

    /// <summary>How often something waited.</summary>
    public int Waits => Volatile.Read(ref _waits);

    /// <summary>Called in every wait, so that a test can let something happen meanwhile.</summary>
    public Action<TimeSpan>? Waiting { get; set; }

    public override bool IsProcessAlive(int processId) => processId == CurrentProcessId || AliveProcesses.ContainsKey(processId);

    public override void FillRandom(Span<byte> bytes)
    {
        lock (_random)
        {
            _random.NextBytes(bytes);
        }
    }

    public override void Wait(TimeSpan duration, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _waits);
        Waiting?.Invoke(duration);
        Clock.Advance(duration);
        // Others must get their turn on a machine with one processor, too.
        Thread.Yield();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
