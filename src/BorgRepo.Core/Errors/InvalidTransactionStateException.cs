namespace BorgRepo.Core.Errors;

/// <summary>The call does not fit the state of the session: no transaction, a doomed one, or a session opened for reading.</summary>
public sealed class InvalidTransactionStateException(string message, Exception? innerException = null)
    : BorgRepositoryException(message, innerException);
