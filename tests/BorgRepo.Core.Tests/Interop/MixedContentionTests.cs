using BorgRepo.Core.Tests.Durability;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>Fifty at once for one lock on a real disk: threads, processes, and real borg where there is one.</summary>
public sealed class MixedContentionTests(ITestOutputHelper output)
{
    private const int Contenders = 50;
    private const int Readers = 8;
    private const int Processes = 6;
    private const int Borgs = 3;
    private const int ShortRounds = 12;

    [Fact]
    public void Of_threads_processes_and_borgs_one_owns_the_lock_at_a_time_and_nothing_is_left_of_it() => Contend(rounds => rounds < ShortRounds);

    [Fact(Explicit = true)]
    [Trait("Category", "Soak")]
    public void Many_rounds_for_one_lock()
    {
        SoakTime time = new(percent: 2);
        Contend(_ => time.IsLeft);
    }

    private void Contend(Func<int, bool> goOn)
    {
        using VectorRepository vector = VectorRepository.Unpack("few-puts");
        List<Contender> contenders = [];
        int owned = 0;
        int read = 0;
        int timedOut = 0;
        int rounds = 0;
        try
        {
            contenders.AddRange(Enumerable.Range(0, Processes).Select(_ => Contender.OwnProcess(vector.Path)));
            contenders.AddRange(Enumerable.Range(0, Borgs).Select(_ => RealBorg.StartIfThere()).OfType<RealBorg>().Select(borg => Contender.Borg(vector.Path, borg)));
            int borgs = contenders.Count - Processes;
            contenders.AddRange(Enumerable.Range(0, Contenders - contenders.Count)
                .Select(i => Contender.Thread(vector.Path, i, i < Readers ? SessionAccess.Read : SessionAccess.Write)));
            for (; goOn(rounds); rounds++)
            {
                string[] answers = Round(contenders);
                owned += answers.Count(answer => answer == Contender.Owned);
                read += answers.Count(answer => answer == Contender.Read);
                timedOut += answers.Count(answer => answer == Contender.TimedOut);
                string[] wrong = [.. answers.Select((answer, i) => $"{contenders[i].Name}: {answer}")
                    .Where((_, i) => answers[i] is not (Contender.Owned or Contender.Read or Contender.TimedOut))];
                Assert.True(wrong.Length == 0, $"round {rounds}: {string.Join('\n', wrong)}");
                Assert.Contains(Contender.Owned, answers);
                Assert.Empty(Directory.EnumerateFileSystemEntries(vector.Path, "lock.*"));
            }

            output.WriteLine($"{rounds} rounds of {Contenders} ({borgs} of them real borg): {owned} owned, {read} read, {timedOut} gave up");
        }
        finally
        {
            contenders.ForEach(contender => contender.Dispose());
        }
    }

    private static string[] Round(List<Contender> contenders)
    {
        using Barrier start = new(contenders.Count);
        string[] answers = new string[contenders.Count];
        Thread[] threads = [.. contenders.Select((contender, i) => new Thread(() =>
        {
            start.SignalAndWait();
            answers[i] = contender.Contend();
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return answers;
    }
}
