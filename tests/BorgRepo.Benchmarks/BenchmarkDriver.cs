using BorgRepo.Benchmarks.Phases;
using BorgRepo.Benchmarks.Workloads;

namespace BorgRepo.Benchmarks;

/// <summary>Runs the phases of the workloads one after the other.</summary>
internal static class BenchmarkDriver
{
    /// <summary>Runs all that was asked for.</summary>
    /// <returns>0 if every phase succeeded.</returns>
    public static int Run(BenchmarkArguments arguments)
    {
        Directory.CreateDirectory(arguments.Folder);
        bool failed = false;
        foreach (Workload workload in arguments.Workloads)
        {
            try
            {
                failed |= !RunAll(arguments, workload);
            }
            finally
            {
                if (!arguments.Keep)
                {
                    Remove(arguments.RepositoryOf(workload));
                }
            }
        }

        return failed ? 1 : 0;
    }

    private static bool RunAll(BenchmarkArguments arguments, Workload workload)
    {
        foreach (string phase in arguments.Phases ?? workload.Phases)
        {
            if (phase == PhaseNames.Put)
            {
                Remove(arguments.RepositoryOf(workload));
            }

            int code = PhaseProcess.Start(arguments, workload, phase);
            if (code != 0)
            {
                Console.Error.WriteLine($"{workload.Name} {phase} failed with exit code {code}; going on with the next workload.");
                return false;
            }
        }

        return true;
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
