using System.Diagnostics;
using System.Text.RegularExpressions;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Storage;

[Collection(ProcessVariables.Name)]
public sealed class SystemEnvironmentTests
{
    private static readonly SystemEnvironment s_environment = SystemEnvironment.Instance;

    [Fact]
    public void The_host_id_is_the_one_that_the_user_chose_else_name_at_node()
    {
        string? before = Environment.GetEnvironmentVariable("BORG_HOST_ID");
        try
        {
            Environment.SetEnvironmentVariable("BORG_HOST_ID", null);
            string derived = s_environment.HostId;
            Assert.Matches(new Regex("^[^@/]+@[0-9]+$"), derived);
            Assert.True(ulong.Parse(derived[(derived.LastIndexOf('@') + 1)..], System.Globalization.CultureInfo.InvariantCulture) < 1UL << 48);
            Assert.Equal(derived, s_environment.HostId);
            Environment.SetEnvironmentVariable("BORG_HOST_ID", "chosen");
            Assert.Equal("chosen", s_environment.HostId);
        }
        finally
        {
            Environment.SetEnvironmentVariable("BORG_HOST_ID", before);
        }
    }

    [Fact]
    public void Living_processes_live_and_ended_ones_do_not()
    {
        Assert.True(s_environment.IsProcessAlive(s_environment.ProcessId));
        using Process process = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        int id = process.Id;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.False(s_environment.IsProcessAlive(id));
    }

    [Fact]
    public void The_process_of_another_user_lives_although_it_may_not_be_asked()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Process 1 is known to live on Unix.");
        Assert.True(s_environment.IsProcessAlive(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_number_that_names_no_single_process_proves_nothing(int id)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Numbers of groups are a thing of Unix.");
        Assert.True(s_environment.IsProcessAlive(id));
    }

    [Fact]
    public void Waiting_ends_on_request()
    {
        using CancellationTokenSource stop = new();
        stop.CancelAfter(1);
        Assert.Throws<OperationCanceledException>(() => s_environment.Wait(TimeSpan.FromDays(100), stop.Token));
        Assert.Throws<OperationCanceledException>(() => s_environment.Wait(TimeSpan.Zero, stop.Token));
        s_environment.Wait(TimeSpan.Zero, CancellationToken.None);
    }

    [Fact]
    public void Random_bytes_are_not_the_same_twice()
    {
        byte[] first = new byte[16];
        byte[] second = new byte[16];
        s_environment.FillRandom(first);
        s_environment.FillRandom(second);
        Assert.NotEqual(first, second);
    }
}
