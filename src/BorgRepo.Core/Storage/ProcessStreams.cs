using BorgRepo.Core.Storage.Platform;

namespace BorgRepo.Core.Storage;

/// <summary>
/// The standard streams of this process, taken for a protocol. From then on, whatever else this process or its children write
/// to standard output goes to standard error: one line between two frames would end the session.
/// </summary>
/// <remarks>It stays so to the end of the process: what is printed after the last frame is no frame either.</remarks>
public sealed class ProcessStreams
{
    private ProcessStreams()
    {
        Input = Console.OpenStandardInput();
        Errors = Console.OpenStandardError();
        if (OperatingSystem.IsWindows())
        {
            // A stream keeps the handle that it was opened with.
            Output = Console.OpenStandardOutput();
            WindowsOutput.RedirectToErrors();
        }
        else
        {
            Output = UnixOutput.RedirectToErrors();
        }

        Console.SetOut(Console.Error);
    }

    /// <summary>Standard input.</summary>
    public Stream Input { get; }

    /// <summary>What standard output was.</summary>
    public Stream Output { get; }

    /// <summary>Standard error.</summary>
    public Stream Errors { get; }

    /// <summary>Takes them.</summary>
    public static ProcessStreams Take() => new();
}
