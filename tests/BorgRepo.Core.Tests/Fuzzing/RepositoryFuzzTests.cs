using BorgRepo.Core.Tests.Durability;
using Xunit;

namespace BorgRepo.Core.Tests.Fuzzing;

/// <summary>Repositories of real borg with damaged, lost, exchanged and renamed files, in the hands of the whole engine (docs/durability.md).</summary>
public sealed class RepositoryFuzzTests(ITestOutputHelper output)
{
    private const int ShortCases = 500;
    private const string Target = "repository";

    [Fact]
    public void A_damaged_repository_gives_typed_errors_and_what_it_still_holds() => Fuzz(seed: 1, number => number < ShortCases);

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Many_damaged_repositories()
    {
        SoakTime time = new(percent: 12);
        Fuzz(SoakTime.FirstSeed, _ => time.IsLeft);
    }

    private void Fuzz(int seed, Func<long, bool> goOn)
    {
        FuzzRun run = new();
        long sound = 0;
        run.Run(Target, seed, goOn, random => Interlocked.Add(ref sound, new MutatedRepository(RepositoryMutation.Next(random)).Run() ? 1 : 0));
        output.WriteLine($"{run.Cases} repositories with seed {seed}, {sound} of them sound or repaired, {run.Failures.Count} failures");
        Assert.True(run.Failures.Count == 0, $"{run.Failures.Count} failures\n" + string.Join('\n', run.Failures));
        Assert.True(sound > 0 || run.Cases <= 1, "nothing could ever be repaired");
    }
}
