using BorgRepo.Core.Tests.Durability;
using Xunit;

namespace BorgRepo.Core.Tests.Fuzzing;

/// <summary>Whatever bytes come, a parser gives a typed error or something it understood, soon and within memory (docs/durability.md).</summary>
public sealed class ParserFuzzTests(ITestOutputHelper output)
{
    private const int ShortCases = 3000;

    public static TheoryData<string> Names => [.. ParserTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_it_is_made_for_is_accepted(string name)
    {
        ParserTarget target = Find(name);
        Assert.All(target.Seeds, seed => Assert.True(target.Run(seed)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Damaged_input_gives_a_typed_error_or_is_understood(string name)
    {
        ParserTarget target = Find(name);
        (FuzzRun run, long accepted) = Fuzz(target, seed: 1, number => number < ShortCases);
        Report(run, $"{run.Cases} inputs, {accepted} of them accepted");
        Assert.True(target.RefusesNothing || accepted < run.Cases || run.Cases <= 1, "nothing was ever refused");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Millions_of_damaged_inputs()
    {
        TimeSpan share = new SoakTime(percent: 8).Limit / ParserTargets.All.Count;
        long all = 0;
        foreach (ParserTarget target in ParserTargets.All)
        {
            SoakTime time = new(percent: 8);
            (FuzzRun run, long accepted) = Fuzz(target, SoakTime.FirstSeed, _ => time.Elapsed < share);
            all += run.Cases;
            Report(run, $"{target.Name} {SoakTime.FirstSeed}: {run.Cases} inputs, {accepted} of them accepted");
        }

        output.WriteLine($"{all} inputs for {ParserTargets.All.Count} parsers");
    }

    private static ParserTarget Find(string name) => ParserTargets.All.Single(target => target.Name == name);

    private static (FuzzRun Run, long Accepted) Fuzz(ParserTarget target, int seed, Func<long, bool> goOn)
    {
        FuzzRun run = new();
        long accepted = 0;
        run.Run(target.Name, seed, goOn, random => Interlocked.Add(ref accepted, target.Run(target.Next(random)) ? 1 : 0));
        return (run, accepted);
    }

    private void Report(FuzzRun run, string what)
    {
        output.WriteLine(what);
        Assert.True(run.Failures.Count == 0, $"{run.Failures.Count} failures\n" + string.Join('\n', run.Failures));
    }
}
