using System.Diagnostics;
using BorgRepo.Benchmarks.Measuring;
using BorgRepo.Benchmarks.Phases;
using BorgRepo.Benchmarks.Workloads;

namespace BorgRepo.Benchmarks;

/// <summary>Runs each phase in a process of its own, so that its memory and its state are that phase's alone.</summary>
internal static class PhaseProcess
{
    private const int WarmUps = 3;

    // Hot code is compiled again in the background, a tenth of a second after the last method was compiled first.
    private static readonly TimeSpan s_compilation = TimeSpan.FromMilliseconds(250);

    /// <summary>Starts one and waits for it; its rows go to the same output.</summary>
    /// <returns>Its exit code.</returns>
    public static int Start(BenchmarkArguments arguments, Workload workload, string phase)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(PhaseProcess).Assembly.Location);
        }

        foreach (string word in arguments.ForPhase(workload, phase))
        {
            start.ArgumentList.Add(word);
        }

        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Runs a phase in this process.</summary>
    public static void Run(BenchmarkArguments arguments, Workload workload, string phase)
    {
        if (arguments.Warm)
        {
            WarmUp(arguments, workload, phase);
        }

        string label = arguments.Label.Length > 0 ? $"{workload.Name}/{arguments.Label}" : workload.Name;
        RowWriter rows = new(Console.Out, arguments.Implementation, label);
        PhaseCatalog.Run(phase, new PhaseRun(workload, arguments.RepositoryOf(workload), arguments.Threads, arguments.Checkpoint, rows));
    }

    private static void WarmUp(BenchmarkArguments arguments, Workload workload, string phase)
    {
        Workload small = workload.ForWarmUp();
        string path = arguments.RepositoryOf(workload) + ".warm-up";
        RowWriter silent = new(null, arguments.Implementation, workload.Name);
        for (int i = 0; i < WarmUps; i++)
        {
            try
            {
                foreach (string step in PhaseCatalog.Needed(phase).Append(phase))
                {
                    PhaseCatalog.Run(step, new PhaseRun(small, path, arguments.Threads, arguments.Checkpoint, silent));
                }
            }
            finally
            {
                Directory.Delete(path, recursive: true);
            }

            Thread.Sleep(s_compilation);
        }
    }
}
