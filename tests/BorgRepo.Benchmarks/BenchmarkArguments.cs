using System.Globalization;
using BorgRepo.Benchmarks.Phases;
using BorgRepo.Benchmarks.Workloads;

namespace BorgRepo.Benchmarks;

/// <summary>The command line: that of borg-baseline.py, and what only a program of our own needs.</summary>
internal sealed record BenchmarkArguments
{
    /// <summary>What to say to who asks.</summary>
    public const string Usage = """
        Benchmark of the store; one JSON row a metric on standard output (docs/workloads.md).
        usage: BorgRepo.Benchmarks DIR [-w NAME,...] [-p PHASE,...] [--label WORD] [--impl NAME] [--keep]
                                   [--warm] [--threads N] [--checkpoint] [--selfcheck]
               BorgRepo.Benchmarks --report ROWS PAGE
               BorgRepo.Benchmarks --micro [--filter PATTERN]
          -w, --workloads   comma list (default: small,medium,medium5,large,mixed)
          -p, --phases      comma list, run in the order given; default: all of the workload. "put" must have run (--keep)
          --label           a word added to the workload name, such as disk or tmpfs
          --impl            implementation name (default: borgrepo-VERSION, with -Nt, -checkpoint and -warm as they apply)
          --keep            leave the repositories, and reuse one that is there
          --warm            run each phase on a small throw-away repository first, in the same process
          --threads         threads that check, replay and index files use (default: 1)
          --checkpoint      index and hints are saved after 64 MiB of commits and at the end, not at each commit
          --report          put the figures that compare.py kept (-o ROWS) into docs/benchmarks.md
          --micro           time single hot loops with BenchmarkDotNet
          --selfcheck       print digests of pool, keys and data to compare with borg-baseline.py
        """;

    /// <summary>Scratch folder.</summary>
    public string Folder { get; private init; } = string.Empty;

    /// <summary>Workloads to run.</summary>
    public IReadOnlyList<Workload> Workloads { get; private init; } = [];

    /// <summary>Phases to run; null for all of each workload.</summary>
    public IReadOnlyList<string>? Phases { get; private init; }

    /// <summary>Word behind the workload's name.</summary>
    public string Label { get; private init; } = string.Empty;

    /// <summary>Name of the implementation.</summary>
    public string Implementation { get; private init; } = string.Empty;

    /// <summary>Leave repositories behind.</summary>
    public bool Keep { get; private init; }

    /// <summary>Measure with code that is compiled already.</summary>
    public bool Warm { get; private init; }

    /// <summary>Threads of check, replay and index files.</summary>
    public int Threads { get; private init; } = 1;

    /// <summary>Let the index wait for more than one commit.</summary>
    public bool Checkpoint { get; private init; }

    /// <summary>Print digests only.</summary>
    public bool IsSelfCheck { get; private init; }

    /// <summary>In a child process: the phase to run, else null.</summary>
    public string? Phase { get; private init; }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It says nothing sensible.</exception>
    public static BenchmarkArguments Parse(string[] arguments)
    {
        BenchmarkArguments parsed = new() { Workloads = FindWorkloads("small,medium,medium5,large,mixed") };
        Queue<string> rest = new(arguments);
        while (rest.TryDequeue(out string? word))
        {
            string Next() => rest.TryDequeue(out string? value) ? value : throw new FormatException($"{word} needs a value.");
            parsed = word switch
            {
                "-w" or "--workloads" => parsed with { Workloads = FindWorkloads(Next()) },
                "-p" or "--phases" => parsed with { Phases = FindPhases(Next()) },
                "--label" => parsed with { Label = Next() },
                "--impl" => parsed with { Implementation = Next() },
                "--keep" => parsed with { Keep = true },
                "--warm" => parsed with { Warm = true },
                "--threads" => parsed with { Threads = int.Parse(Next(), NumberStyles.None, CultureInfo.InvariantCulture) },
                "--checkpoint" => parsed with { Checkpoint = true },
                "--selfcheck" => parsed with { IsSelfCheck = true },
                "--phase" => parsed with { Phase = FindPhases(Next())[0] },
                _ when word.StartsWith('-') || parsed.Folder.Length > 0 => throw new FormatException($"{word} is not known."),
                _ => parsed with { Folder = Path.GetFullPath(word) },
            };
        }

        return parsed.Folder.Length == 0 && !parsed.IsSelfCheck
            ? throw new FormatException("A scratch folder is needed.")
            : parsed with { Implementation = parsed.Implementation.Length > 0 ? parsed.Implementation : parsed.DefaultName() };
    }

    /// <summary>The command line of a child process for one phase.</summary>
    public IEnumerable<string> ForPhase(Workload workload, string phase)
    {
        List<string> words = [Folder, "-w", workload.Name, "--phase", phase, "--impl", Implementation, "--label", Label];
        words.AddRange(["--threads", Threads.ToString(CultureInfo.InvariantCulture)]);
        words.AddRange(Checkpoint ? ["--checkpoint"] : []);
        return Warm ? words.Append("--warm") : words;
    }

    /// <summary>The repository of a workload.</summary>
    public string RepositoryOf(Workload workload) => Path.Combine(Folder, "repo-" + workload.Name);

    private static Workload[] FindWorkloads(string names) =>
        [.. names.Split(',').Select(name => WorkloadCatalog.Find(name) ?? throw new FormatException($"There is no workload {name}."))];

    private static string[] FindPhases(string names) =>
        [.. names.Split(',').Select(name => PhaseCatalog.Has(name) ? name : throw new FormatException($"There is no phase {name}."))];

    private string DefaultName()
    {
        string version = typeof(Core.Repository).Assembly.GetName().Version!.ToString(3);
        return $"borgrepo-{version}{(Threads > 1 ? $"-{Threads}t" : string.Empty)}{(Checkpoint ? "-checkpoint" : string.Empty)}{(Warm ? "-warm" : string.Empty)}";
    }
}
