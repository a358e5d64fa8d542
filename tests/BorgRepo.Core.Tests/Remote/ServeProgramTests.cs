using System.Diagnostics;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using BorgRepo.Core.Storage;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>The program itself, as a process with pipes.</summary>
public sealed class ServeProgramTests : IDisposable
{
    private const int PatienceMilliseconds = 30_000;

    private readonly string _root = Directory.CreateTempSubdirectory("serve-program").FullName;

    private string Path => System.IO.Path.Combine(_root, "repo");

    private static RepositoryServices Services => new(LocalFileSystem.Instance, SystemEnvironment.Instance);

    [Fact]
    public void It_ends_with_0_at_the_end_of_its_input_and_writes_nothing_but_frames()
    {
        using Process server = ServeProgram.Start();
        server.StandardInput.BaseStream.Write(Frame.Negotiate());
        server.StandardInput.BaseStream.Write(ServerHarness.Open(create: true, path: Path));
        server.StandardInput.Close();
        using MemoryStream output = new();
        server.StandardOutput.BaseStream.CopyTo(output);
        server.WaitForExit(PatienceMilliseconds);
        Assert.Equal(0, server.ExitCode);
        Assert.Equal(2, Frame.UnpackAll(output.ToArray()).Count);
        Assert.Empty(server.StandardError.ReadToEnd());
        Assert.Empty(Repository.GetLockHolders(Path, Services));
    }

    [Fact]
    public void An_end_before_anything_was_said_is_a_quiet_one()
    {
        using Process server = ServeProgram.Start();
        server.StandardInput.Close();
        Assert.Empty(server.StandardOutput.ReadToEnd() + server.StandardError.ReadToEnd());
        server.WaitForExit(PatienceMilliseconds);
        Assert.Equal(0, server.ExitCode);
    }

    [Theory]
    [InlineData("--frobnicate")]
    [InlineData("--storage-quota", "1")]
    public void A_wrong_option_ends_it_with_2_and_a_reason(params string[] arguments)
    {
        using Process server = ServeProgram.Start(arguments);
        server.StandardInput.Close();
        string errors = server.StandardError.ReadToEnd();
        server.WaitForExit(PatienceMilliseconds);
        Assert.Equal(2, server.ExitCode);
        Assert.StartsWith("borgrepo-serve: ", errors, StringComparison.Ordinal);
        Assert.Empty(server.StandardOutput.ReadToEnd());
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public void A_signal_releases_the_lock_before_the_program_ends(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals.");
        Repository.Create(Path, new CreateOptions(), Services);
        using Process server = ServeProgram.Start();
        server.StandardInput.BaseStream.Write(Frame.Negotiate());
        server.StandardInput.BaseStream.Write(ServerHarness.Open(path: Path));
        server.StandardInput.BaseStream.Write(Frame.Map(3, "put", ("id", ObjectId.Manifest), ("data", "x")));
        server.StandardInput.BaseStream.Flush();
        FrameReader reader = new(server.StandardOutput.BaseStream, FrameLimits.Responses);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(reader.TryRead(out _));
        }

        Assert.Equal(server.Id, Assert.Single(Repository.GetLockHolders(Path, Services)).Identity.ProcessId);
        using Process kill = Process.Start("kill", ["-s", signal, server.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        Assert.True(server.WaitForExit(PatienceMilliseconds));
        Assert.NotEqual(0, server.ExitCode);
        Assert.Empty(Repository.GetLockHolders(Path, Services));
        Assert.False(Directory.Exists(System.IO.Path.Combine(Path, "lock.exclusive")));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
