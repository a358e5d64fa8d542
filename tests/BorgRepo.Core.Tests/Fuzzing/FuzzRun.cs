using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace BorgRepo.Core.Tests.Fuzzing;

/// <summary>
/// Runs numbered cases on all processors. A case fails by an exception; one that does not end is named too. Each failure is a
/// line that can be run alone.
/// </summary>
internal sealed class FuzzRun
{
    /// <summary>Name of the environment variable that narrows a run to one case: target, seed, number, with slashes.</summary>
    public const string ReplayVariable = "BORGREPO_FUZZ";

    private const int MostFailures = 40;
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _failures = [];
    private long _cases;

    /// <summary>One line for each case that failed.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Cases so far.</summary>
    public long Cases => _cases;

    /// <summary>Runs cases until there were enough, or too many fail.</summary>
    /// <param name="target">Name of what is fuzzed.</param>
    /// <param name="seed">Decides the cases together with their number.</param>
    /// <param name="goOn">Whether there is to be a case of this number.</param>
    /// <param name="run">Runs a case with its own chances.</param>
    public void Run(string target, int seed, Func<long, bool> goOn, Action<Random> run)
    {
        if (Environment.GetEnvironmentVariable(ReplayVariable) is { Length: > 0 } wanted)
        {
            if (wanted.Split('/') is [var name, var itsSeed, var number] && name == target)
            {
                RunCase(target, int.Parse(itsSeed, CultureInfo.InvariantCulture), long.Parse(number, CultureInfo.InvariantCulture), run);
            }

            return;
        }

        long next = -1;
        Worker[] workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Worker())];
        Task[] tasks = [.. workers.Select(worker => Task.Factory.StartNew(
            () =>
            {
                for (long number = Interlocked.Increment(ref next); goOn(number) && _failures.Count < MostFailures; number = Interlocked.Increment(ref next))
                {
                    worker.Begin(number);
                    RunCase(target, seed, number, run);
                    worker.End();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        while (!Task.WaitAll(tasks, TimeSpan.FromSeconds(1)))
        {
            foreach (Worker worker in workers)
            {
                if (worker.Elapsed > s_hang)
                {
                    // Its thread cannot be ended; the process can, after the tests.
                    _failures.Enqueue($"{Line(target, seed, worker.Number)}: no end after {s_hang}");
                    return;
                }
            }
        }
    }

    private static string Line(string target, int seed, long number) =>
        string.Create(CultureInfo.InvariantCulture, $"{ReplayVariable}={target}/{seed}/{number}");

    private void RunCase(string target, int seed, long number, Action<Random> run)
    {
        Interlocked.Increment(ref _cases);
        try
        {
            run(new Random(unchecked((int)((number * 0x9E3779B1) ^ (seed * 0x85EBCA77)))));
        }
        catch (Exception error)
        {
            _failures.Enqueue($"{Line(target, seed, number)}: {error.GetType().Name}: {error.Message}\n{error.StackTrace}");
        }
    }

    private sealed class Worker
    {
        private long _started;

        public long Number { get; private set; }

        public TimeSpan Elapsed => Volatile.Read(ref _started) is var started and not 0 ? Stopwatch.GetElapsedTime(started) : TimeSpan.Zero;

        public void Begin(long number)
        {
            Number = number;
            Volatile.Write(ref _started, Stopwatch.GetTimestamp());
        }

        public void End() => Volatile.Write(ref _started, 0);
    }
}
