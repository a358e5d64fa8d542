namespace BorgRepo.Core.Errors;

/// <summary>What was written to the destination of a copy reads back as something else. It was not put in place.</summary>
public sealed class CopyVerificationException(string file)
    : BorgRepositoryException($"{file} was written, but reads back as something else than what was written. The storage or the memory of this computer is not reliable.")
{
    /// <summary>Path or location of the file.</summary>
    public string File { get; } = file;
}
