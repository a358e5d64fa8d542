namespace BorgRepo.Core.Errors;

/// <summary>rclone is missing or reported an error.</summary>
public sealed class RcloneException(string message, int? exitCode = null, Exception? innerException = null)
    : BorgRepositoryException(message, innerException)
{
    /// <summary>What rclone ended with; null if it could not be started.</summary>
    public int? ExitCode { get; } = exitCode;
}
