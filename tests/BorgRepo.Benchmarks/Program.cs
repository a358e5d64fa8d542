using BenchmarkDotNet.Running;
using BorgRepo.Benchmarks;
using BorgRepo.Benchmarks.Reporting;
using BorgRepo.Benchmarks.Workloads;

if (args is ["--report", var rows, var page])
{
    Report.Write(rows, page);
    return 0;
}

if (args is ["--micro", .. var filters])
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(filters is [] ? ["--filter", "*"] : filters);
    return 0;
}

BenchmarkArguments parsed;
try
{
    parsed = BenchmarkArguments.Parse(args);
}
catch (FormatException error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine(BenchmarkArguments.Usage);
    return 2;
}

if (parsed.IsSelfCheck)
{
    SelfCheck.Run(Console.Out);
    return 0;
}

if (parsed.Phase is { } phase)
{
    PhaseProcess.Run(parsed, parsed.Workloads[0], phase);
    return 0;
}

return BenchmarkDriver.Run(parsed);
