using BorgRepo.Benchmarks.Measuring;
using BorgRepo.Benchmarks.Workloads;
using BorgRepo.Core;
using BorgRepo.Core.Storage;

namespace BorgRepo.Benchmarks.Phases;

/// <summary>One phase on one repository: what it works with, and how it reports.</summary>
internal sealed class PhaseRun(Workload workload, string path, int threads, bool checkpoint, RowWriter rows)
{
    /// <summary>Bytes of commits after which the index is saved, where it may wait.</summary>
    private const long CheckpointSize = 64 << 20;

    private long _residentAtStart;
    private int _collectionsAtStart;

    /// <summary>The workload.</summary>
    public Workload Workload => workload;

    /// <summary>The repository's folder.</summary>
    public string Path => path;

    /// <summary>Threads that check and replay may use.</summary>
    public int Threads => threads;

    /// <summary>Where measurements go.</summary>
    public RowWriter Rows => rows;

    /// <summary>Creates the repository. Parents are created as well, as borg-baseline.py has its folder.</summary>
    public void Create() => Repository.Create(
        path, new CreateOptions { MaxSegmentSize = workload.MaxSegmentSize, CreateParents = true }, Services());

    /// <summary>Opens the repository under the exclusive lock.</summary>
    public Repository Open() => Repository.Open(
        path,
        new OpenOptions { Access = SessionAccess.Write, Workers = threads, IndexCheckpointSize = checkpoint ? CheckpointSize : 0 },
        Services());

    /// <summary>Forgets the memory used so far.</summary>
    public void StartMemory()
    {
        ProcessMemory.ResetPeak();
        _residentAtStart = ProcessMemory.ResidentKib;
        _collectionsAtStart = GC.CollectionCount(GC.MaxGeneration);
    }

    /// <summary>Reports wall and processor time, and rates where bytes or operations are given.</summary>
    public void Report(string name, Clock clock, long? bytes = null, long? operations = null)
    {
        rows.Write(name + ".wall", clock.Wall, "s");
        rows.Write(name + ".cpu", clock.Processor, "s");
        if (bytes is { } count)
        {
            rows.Write(name + ".rate", count / 1e6 / clock.Wall, "MB/s");
        }

        if (operations is { } done)
        {
            rows.Write(name + ".ops", done / clock.Wall, "ops/s");
        }
    }

    /// <summary>Reports memory since <see cref="StartMemory"/>.</summary>
    public void ReportMemory(string name)
    {
        const double KibPerMib = 1024;
        if (ProcessMemory.PeakKib is > 0 and var peak)
        {
            rows.Write(name + ".peak_rss", peak / KibPerMib, "MiB");
            rows.Write(name + ".rss_delta", Math.Max(0, peak - _residentAtStart) / KibPerMib, "MiB");
        }

        rows.Write(name + ".gen2", (long)GC.CollectionCount(GC.MaxGeneration) - _collectionsAtStart, "count");
    }

    /// <summary>Reports the phase's rate over that of the bare read loop.</summary>
    public void ReportReadEfficiency(string name, Clock clock, long bytes, int loopThreads) =>
        rows.Write(name + ".efficiency", bytes / 1e6 / clock.Wall / LimitLoop.ReadAndSum(path, loopThreads), "ratio/s");

    /// <summary>Reports the phase's rate over that of the bare write loop.</summary>
    public void ReportWriteEfficiency(string name, Clock clock, long bytes)
    {
        string folder = System.IO.Path.GetDirectoryName(path)!;
        rows.Write(name + ".efficiency", bytes / 1e6 / clock.Wall / LimitLoop.WriteAndSync(folder, bytes), "ratio/s");
    }

    /// <summary>Stops the benchmark if the store did not do what is measured.</summary>
    public static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"The result is wrong: {what}.");
        }
    }

    private static RepositoryServices Services() => new(LocalFileSystem.Instance, SystemEnvironment.Instance);
}
