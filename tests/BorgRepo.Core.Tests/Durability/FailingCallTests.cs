using System.Diagnostics;
using Xunit;

namespace BorgRepo.Core.Tests.Durability;

/// <summary>Any call of the file system fails (docs/durability.md).</summary>
public sealed class FailingCallTests(ITestOutputHelper output)
{
    // The client of "served" sends everything at once and looks at no answer: with failing calls it would commit the rest.
    private static readonly string[] s_scripts = [.. CrashScripts.All.Keys.Except(["served"])];

    [Fact]
    public void Whatever_call_fails_the_old_state_holds_and_a_next_run_works()
    {
        FailingCalls calls = new();
        foreach (string script in s_scripts)
        {
            Explore(calls, script, seed: 1, share: 0.08);
        }

        Report(calls);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Every_call_of_many_scripts_fails()
    {
        FailingCalls calls = new();
        SoakTime time = new(percent: 12);
        for (int seed = SoakTime.FirstSeed; time.IsLeft && calls.Failures.Count < 100; seed++)
        {
            foreach (string script in s_scripts.Where(_ => time.IsLeft))
            {
                Explore(calls, script, seed, share: 1);
            }
        }

        Report(calls);
    }

    private void Explore(FailingCalls calls, string script, int seed, double share)
    {
        Stopwatch watch = Stopwatch.StartNew();
        int before = calls.Runs;
        calls.Explore(script, seed, share);
        output.WriteLine($"{script} {seed}: {calls.Runs - before} runs in {watch.Elapsed.TotalSeconds:0.0} s, {calls.Failures.Count} failures");
    }

    private void Report(FailingCalls calls)
    {
        output.WriteLine($"{calls.Runs} runs, {calls.CrashStates} crashes");
        Assert.True(calls.Failures.IsEmpty, $"{calls.Failures.Count} failures\n" + string.Join('\n', calls.Failures.Take(400)));
    }
}
