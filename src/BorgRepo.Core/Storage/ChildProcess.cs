using System.ComponentModel;
using System.Diagnostics;

namespace BorgRepo.Core.Storage;

/// <summary>A program that this one has started, with its three standard streams in hand.</summary>
public sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    /// <summary>What the program reads.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>What the program writes.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>What the program says besides.</summary>
    public Stream Errors => _process.StandardError.BaseStream;

    /// <summary>What the program ended with; only after <see cref="WaitForExit"/>.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts a program.</summary>
    /// <param name="command">Program and arguments; no shell looks at them.</param>
    /// <exception cref="IOException">There is no such program, or it may not be run.</exception>
    public static ChildProcess Start(IReadOnlyList<string> command)
    {
        ProcessStartInfo start = new(command[0])
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        Process process = new() { StartInfo = start };
        try
        {
            process.Start();
            return new ChildProcess(process);
        }
        catch (Win32Exception error)
        {
            process.Dispose();
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Waits until the program has ended.</summary>
    /// <returns>False if it has not in that time.</returns>
    public bool WaitForExit(TimeSpan limit) => _process.WaitForExit(limit);

    /// <summary>Ends the program, if it has not ended by itself, and closes the streams.</summary>
    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    /// <summary>Ends the program, if it has not ended by itself. May be called by another thread.</summary>
    public void Kill()
    {
        try
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }
        }
        catch (Exception error) when (error is InvalidOperationException or Win32Exception)
        {
            // It ended at the same moment.
        }
    }
}
