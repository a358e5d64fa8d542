using System.Diagnostics;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>The machine stops after any operation of the disk (docs/durability.md).</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private readonly StateVerifier _verifier = new();

    [Fact]
    public void Whatever_a_crash_leaves_opens_as_the_old_or_the_new_state_and_can_be_written_on()
    {
        CrashExplorer explorer = new(_verifier);
        foreach (string script in CrashScripts.All.Keys)
        {
            Explore(explorer, script, seed: 1, chances: 2, share: 0.25);
        }

        Report(explorer);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Crash_states_of_many_scripts()
    {
        CrashExplorer explorer = new(_verifier);
        SoakTime time = new(percent: 20);
        for (int seed = SoakTime.FirstSeed; time.IsLeft && explorer.Failures.Count < 100; seed++)
        {
            foreach (string script in CrashScripts.All.Keys.Where(_ => time.IsLeft))
            {
                Explore(explorer, script, seed, chances: 8, share: 0.4);
            }
        }

        Report(explorer);
    }

    private void Explore(CrashExplorer explorer, string script, int seed, int chances, double share)
    {
        Stopwatch watch = Stopwatch.StartNew();
        int before = _verifier.DistinctStates;
        explorer.Explore(script, seed, chances, share);
        output.WriteLine($"{script} {seed}: {_verifier.DistinctStates - before} states in {watch.Elapsed.TotalSeconds:0.0} s, {explorer.Failures.Count} failures");
    }

    private void Report(CrashExplorer explorer)
    {
        output.WriteLine($"{explorer.LookedAt} states, {_verifier.DistinctStates} different ones were verified");
        Assert.True(explorer.Failures.IsEmpty, $"{explorer.Failures.Count} failures\n" + string.Join('\n', explorer.Failures.Take(400)));
    }
}
