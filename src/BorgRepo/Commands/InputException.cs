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
    /// <summary>The error for a repository behind a server, where only its files would do.</summary>
    public static InputException NeedsFiles(string location) => new(
        "RemoteNotSupported",
        $"{location} is behind a server, which knows ids and contents but shows no files. Run this where the repository is.",
        location,
        ErrorCategory.NotImplemented);

    /// <summary>The stable id of the error.</summary>
    public string ErrorId { get; } = errorId;

    /// <summary>What cannot be used.</summary>
    public object? Target { get; } = target;

    /// <summary>The category of the error.</summary>
    public ErrorCategory Category { get; } = category;
}
