using System.Management.Automation;

namespace BorgRepo.Commands;

/// <summary>Something that the user gave cannot be used.</summary>
internal sealed class InputException(
    string errorId,
    string message,
    object? target,
    ErrorCategory category = ErrorCategory.InvalidArgument,
    Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The stable id of the error.</summary>
    public string ErrorId { get; } = errorId;

    /// <summary>What cannot be used.</summary>
    public object? Target { get; } = target;

    /// <summary>The category of the error.</summary>
    public ErrorCategory Category { get; } = category;
}
