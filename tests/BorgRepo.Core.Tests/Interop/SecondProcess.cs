using System.Diagnostics;
using System.Runtime.CompilerServices;
using BorgRepo.Core.Tests.Vectors;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>
/// A process of our own engine that holds a repository until it is told to end or is killed: the test assembly, started
/// once more, which then does this and no tests. Only a real process shows what a real death leaves behind.
/// </summary>
internal sealed class SecondProcess : IDisposable
{
    private const string PathVariable = "BORGREPO_TEST_HOLD_PATH";
    private const string AccessVariable = "BORGREPO_TEST_HOLD_ACCESS";
    private const string HostVariable = "BORGREPO_TEST_HOLD_HOST";
    private const string Ready = "holding";

    private readonly Process _process;

    private SecondProcess(Process process) => _process = process;

    public int ProcessId => _process.Id;

    /// <summary>How to start this assembly once more; what it then does is told by variables.</summary>
    public static ProcessStartInfo StartInfo()
    {
        string assembly = typeof(SecondProcess).Assembly.Location;
        string program = Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
        ProcessStartInfo start = File.Exists(program) ? new(program) : new("dotnet", [assembly]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.UseShellExecute = false;
        return start;
    }

    /// <summary>Returns once the other process has opened the repository and, for writing, put an object without a commit.</summary>
    public static SecondProcess Hold(string path, SessionAccess access, string hostId = NamedHostEnvironment.FixtureHost)
    {
        ProcessStartInfo start = StartInfo();
        start.Environment[PathVariable] = path;
        start.Environment[AccessVariable] = access.ToString();
        start.Environment[HostVariable] = hostId;
        SecondProcess second = new(Process.Start(start)!);
        string? line = second._process.StandardOutput.ReadLine();
        return line == Ready ? second : throw new InvalidOperationException($"The second process says: {line}");
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Lets it close the repository and end.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
            {
                Kill();
            }
        }

        _process.Dispose();
    }

    // Runs before the test runner's own entry point; without the variables it does nothing.
    [ModuleInitializer]
    internal static void HoldIfAsked()
    {
        if (Environment.GetEnvironmentVariable(PathVariable) is not { Length: > 0 } path)
        {
            return;
        }

        SessionAccess access = Enum.Parse<SessionAccess>(Environment.GetEnvironmentVariable(AccessVariable)!);
        TestServices services = new(Environment.GetEnvironmentVariable(HostVariable)!);
        using (Repository repository = Repository.Open(path, new OpenOptions { Access = access }, services.Services))
        {
            _ = repository.Count;
            if (access == SessionAccess.Write)
            {
                repository.Put(ExpectationRun.NewId, ExpectationRun.Value);
            }

            Console.Out.WriteLine(Ready);
            Console.Out.Flush();
            Console.In.ReadToEnd();
        }

        Environment.Exit(0);
    }
}
