using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using BorgRepo.Core.Checking;
using BorgRepo.Core.Compaction;
using BorgRepo.Core.Tests.Interop;
using BorgRepo.Core.Tests.Vectors;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>
/// A process that writes one transaction after the other until it is killed: the test assembly, started once more. It says
/// what it begins and what it finished; what is in a transaction follows from its number.
/// </summary>
internal sealed class KilledWriter : IDisposable
{
    private const string PathVariable = "BORGREPO_TEST_KILL_PATH";
    private const string FirstVariable = "BORGREPO_TEST_KILL_FIRST";
    private const string SeedVariable = "BORGREPO_TEST_KILL_SEED";
    private const int Ids = 40;

    private readonly Process _process;
    private readonly Task _reading;

    private KilledWriter(Process process)
    {
        _process = process;
        _reading = Task.Run(Read);
    }

    /// <summary>The transaction that was begun last.</summary>
    public int Begun { get; private set; } = -1;

    /// <summary>The transaction that was finished last.</summary>
    public int Finished { get; private set; } = -1;

    /// <summary>What it said other than that: an error.</summary>
    public string Said { get; private set; } = string.Empty;

    /// <summary>Starts it.</summary>
    /// <param name="path">A repository.</param>
    /// <param name="first">Number of its first transaction.</param>
    /// <param name="seed">Seed of all transactions.</param>
    public static KilledWriter Start(string path, int first, int seed)
    {
        ProcessStartInfo start = SecondProcess.StartInfo();
        start.Environment[PathVariable] = path;
        start.Environment[FirstVariable] = first.ToString(CultureInfo.InvariantCulture);
        start.Environment[SeedVariable] = seed.ToString(CultureInfo.InvariantCulture);
        return new KilledWriter(Process.Start(start)!);
    }

    /// <summary>What a transaction changes: numbers of objects and sizes; below zero it deletes.</summary>
    public static IEnumerable<(int Number, int Size)> Changes(int transaction, int seed)
    {
        Random random = new((seed * 100_003) + transaction);
        return [.. Enumerable.Range(0, 1 + random.Next(12))
            .Select(_ => (random.Next(Ids), random.Next(4) == 0 ? -1 : random.Next(1 << random.Next(16))))
            .DistinctBy(change => change.Item1)];
    }

    /// <summary>The value that a transaction gives to an object.</summary>
    public static byte[] Value(int transaction, int number, int size)
    {
        byte[] value = new byte[size];
        new Random((transaction * 1000) + number).NextBytes(value);
        return value;
    }

    /// <summary>Waits until it works, and a while longer.</summary>
    public void WaitAndKill(TimeSpan delay)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (Begun < 0 && !_process.HasExited && watch.Elapsed < TimeSpan.FromSeconds(60))
        {
            Thread.Sleep(1);
        }

        Thread.Sleep(delay);
        _process.Kill();
        _process.WaitForExit();
        _reading.Wait();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    // Runs before the test runner's own entry point; without the variables it does nothing.
    [ModuleInitializer]
    internal static void WriteIfAsked()
    {
        if (Environment.GetEnvironmentVariable(PathVariable) is not { Length: > 0 } path)
        {
            return;
        }

        int transaction = int.Parse(Environment.GetEnvironmentVariable(FirstVariable)!, CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable(SeedVariable)!, CultureInfo.InvariantCulture);
        try
        {
            while (true)
            {
                using Repository repository = Repository.Open(
                    path, new OpenOptions { Access = SessionAccess.Write, LockWait = TimeSpan.FromSeconds(30) }, new TestServices().Services);
                for (int i = 0; i < 5; i++)
                {
                    Write(repository, transaction++, seed);
                }
            }
        }
        catch (Exception error)
        {
            Say($"error {error}".ReplaceLineEndings(" "));
            Environment.Exit(1);
        }
    }

    /// <summary>Makes the changes of a transaction, and does not commit them.</summary>
    public static void Change(Repository repository, int transaction, int seed)
    {
        foreach ((int number, int size) in Changes(transaction, seed))
        {
            if (size >= 0)
            {
                repository.Put(ScriptRun.Id(number), Value(transaction, number, size));
            }
            else if (repository.Contains(ScriptRun.Id(number)))
            {
                repository.Delete(ScriptRun.Id(number));
            }
        }
    }

    private static void Write(Repository repository, int transaction, int seed)
    {
        Say($"begin {transaction}");
        Change(repository, transaction, seed);
        repository.Commit(new CommitOptions { Compact = transaction % 3 == 0, Threshold = transaction % 2 * 0.1 });
        Say($"end {transaction}");
        if (transaction % 4 == 0)
        {
            repository.Compact(new CompactionOptions { All = true });
        }

        if (transaction % 7 == 0)
        {
            repository.Check(new CheckOptions { Repair = true }, _ => { });
        }
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    private void Read()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            switch (line.Split(' ', 2))
            {
                case ["begin", var number]:
                    Begun = int.Parse(number, CultureInfo.InvariantCulture);
                    break;
                case ["end", var number]:
                    Finished = int.Parse(number, CultureInfo.InvariantCulture);
                    break;
                default:
                    Said = line;
                    break;
            }
        }
    }
}
