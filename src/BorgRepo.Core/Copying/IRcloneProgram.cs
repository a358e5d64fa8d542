namespace BorgRepo.Core.Copying;

/// <summary>Runs rclone.</summary>
public interface IRcloneProgram
{
    /// <summary>Runs it to its end.</summary>
    /// <exception cref="Errors.RcloneException">There is no such program.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    RcloneResult Run(RcloneCommand command, CancellationToken cancellationToken);
}
