using BorgRepo.Core.Storage.Platform;

namespace BorgRepo.Core.Storage;

/// <summary>
/// The standard streams of this process, taken for a protocol. Until it is disposed, whatever else this process or its
/// children write to standard output goes to standard error: one line between two frames would end the session.
/// </summary>
public sealed class ProcessStreams : IDisposable
{
    private readonly TextWriter _formerWriter = Console.Out;
    private readonly IDisposable _redirection;

    private ProcessStreams()
    {
        Input = Console.OpenStandardInput();
        Errors = Console.OpenStandardError();
        if (OperatingSystem.IsWindows())
        {
            // A stream keeps the handle that it was opened with.
            Output = Console.OpenStandardOutput();
            _redirection = new WindowsOutputRedirection();
        }
        else
        {
            UnixOutputRedirection redirection = new();
            Output = redirection.Original;
            _redirection = redirection;
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

    /// <summary>Gives standard output back.</summary>
    public void Dispose()
    {
        Console.SetOut(_formerWriter);
        _redirection.Dispose();
        Output.Dispose();
    }
}
