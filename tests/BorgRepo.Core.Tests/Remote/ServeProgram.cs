using System.Diagnostics;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Remote;

/// <summary>The programs that serve: ours, and the real one if it is there.</summary>
internal static class ServeProgram
{
    private static readonly Lazy<bool> s_hasBorg = new(() => CanRun("borg", "--version"));

    /// <summary>Command line of our program, as built for these tests.</summary>
    public static string Ours { get; } = $"'{FindOurs()}'";

    /// <summary>Command line of <c>borg serve</c>; skips the running test where there is no borg.</summary>
    public static string RealOrSkip()
    {
        Assert.SkipUnless(s_hasBorg.Value, "No borg was found.");
        return "borg serve";
    }

    /// <summary>An ssh command that starts a server here: it drops the host and the name of the remote program.</summary>
    public static string LocalShell(string serverCommand)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in for ssh is a shell script.");
        string shim = ProjectFolder.Combine("tests", "Peer", "rsh-shim");
        return $"env BORGREPO_SERVE=\"{serverCommand}\" '{shim}'";
    }

    public static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(FindOurs(), arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    })!;

    public static bool CanRun(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string FindOurs()
    {
        // The same configuration as this assembly: .../bin/<configuration>/<framework>/.
        DirectoryInfo framework = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return ProjectFolder.Combine(
            "src", "BorgRepo.Serve", "bin", framework.Parent!.Name, framework.Name, OperatingSystem.IsWindows() ? "borgrepo-serve.exe" : "borgrepo-serve");
    }
}
