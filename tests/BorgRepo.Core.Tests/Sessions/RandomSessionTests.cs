using Xunit;

namespace BorgRepo.Core.Tests.Sessions;

/// <summary>Random lives of repositories against a dictionary. The seed is in the test's name and in every failure.</summary>
public sealed class RandomSessionTests
{
    /// <summary>One seed to run instead of the usual ones.</summary>
    private const string SeedVariable = "BORGREPO_TEST_SEED";

    /// <summary>How many seeds from the first on; the nightly run takes thousands.</summary>
    private const string RoundsVariable = "BORGREPO_TEST_ROUNDS";

    private const int UsualRounds = 40;
    private const int SessionsPerLife = 12;

    public static TheoryData<int> Seeds => [.. int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), out int seed) ? [seed] : Enumerable.Range(1, Rounds)];

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable(RoundsVariable), out int rounds) ? rounds : UsualRounds;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whatever_happens_to_it_a_repository_holds_what_was_committed(int seed)
    {
        RandomSession life = new(seed);
        try
        {
            life.Run(SessionsPerLife);
        }
        catch (Exception error)
        {
            Assert.Fail($"{error.Message}\n{life.Trace}\n{error.StackTrace}");
        }
    }
}
