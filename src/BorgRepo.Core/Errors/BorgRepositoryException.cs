namespace BorgRepo.Core.Errors;

/// <summary>Base of every error that the engine itself reports. Its message says what happened, where, and what to do.</summary>
public abstract class BorgRepositoryException : Exception
{
    /// <summary>Makes the error with its text.</summary>
    protected BorgRepositoryException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
