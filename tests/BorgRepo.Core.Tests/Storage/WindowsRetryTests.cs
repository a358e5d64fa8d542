using BorgRepo.Core.Storage.Platform;
using BorgRepo.Core.Tests.Simulation;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

public sealed class WindowsRetryTests
{
    private const int SharingViolation = unchecked((int)0x80070020);
    private readonly SimulatedEnvironment _environment = new();

    [Fact]
    public void A_file_that_is_in_use_for_a_moment_is_tried_again()
    {
        int calls = 0;
        WindowsRetry.Run((_, _) => Fail(++calls < 4), "a", "b", _environment);
        Assert.Equal(4, calls);
        Assert.Equal(3, _environment.Waits);
    }

    [Fact]
    public void After_about_a_second_the_error_is_told()
    {
        long start = _environment.Time.GetTimestamp();
        Assert.ThrowsAny<IOException>(() => WindowsRetry.Run((_, _) => Fail(true), "a", "b", _environment));
        Assert.InRange(_environment.Time.GetElapsedTime(start), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public void Other_errors_and_hopeless_cases_are_not_tried_again()
    {
        Assert.ThrowsAny<IOException>(() => WindowsRetry.Run((_, _) => throw new IOException("x"), "a", "b", _environment));
        Assert.ThrowsAny<IOException>(() => WindowsRetry.Run((_, _) => Fail(true), "a", "b", _environment, () => false));
        Assert.Equal(0, _environment.Waits);
    }

    private static void Fail(bool condition)
    {
        if (condition)
        {
            throw new IOException("in use", SharingViolation);
        }
    }
}
