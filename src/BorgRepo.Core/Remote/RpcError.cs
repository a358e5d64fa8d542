using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>An error as it goes over the wire. Clients know it by the names and arguments that borg's own classes have.</summary>
/// <param name="ClassName">Bare name of borg's (or Python's) class.</param>
/// <param name="Arguments">What the class is made of; clients build their own message from it.</param>
/// <param name="Message">The message for clients that do not know the class.</param>
/// <param name="ShowTrace">True if a client should show where it happened.</param>
internal sealed record RpcError(string ClassName, IReadOnlyList<string> Arguments, string Message, bool ShowTrace)
{
    private RpcError(string className, string message, bool showTrace, params string[] arguments)
        : this(className, arguments, message, showTrace)
    {
    }

    /// <summary>The error that a client is told for an exception of the engine.</summary>
    public static RpcError From(Exception error) => error switch
    {
        RepositoryNotFoundException e => Plain("DoesNotExist", e, e.Path),
        RepositoryExistsException e => Plain("AlreadyExists", e, e.Path),
        PathExistsException e => Plain("PathAlreadyExists", e, e.Path),
        ParentPathNotFoundException e => Plain("ParentPathDoesNotExist", e, e.Path),
        InvalidRepositoryException e => Plain("InvalidRepository", e, e.Path),
        InvalidRepositoryConfigException e => Plain("InvalidRepositoryConfig", e, e.Path, e.Reason),
        AtticRepositoryException e => Plain("AtticRepository", e, e.Path),
        RepositoryAccessDeniedException e => Plain("PathPermissionDenied", e, e.Path),
        PathNotAllowedException e => Plain("PathNotAllowed", e, e.Path),
        StorageQuotaExceededException e => Plain("StorageQuotaExceeded", e, ByteSize.Format(e.QuotaBytes), ByteSize.Format(e.UseBytes)),
        InsufficientFreeSpaceException e => Plain(
            "InsufficientFreeSpaceError", e, ByteSize.Format(e.RequiredBytes), e.AvailableBytes is { } available ? ByteSize.Format(available) : "none"),
        LockTimeoutException e => Plain("LockTimeout", e, e.LockPath),
        LockFailedException e => Traced("LockFailed", e, e.LockPath, e.Reason),
        LockLostException e => Traced("NotLocked", e, e.LockPath),
        CheckNeededException e => Traced("CheckNeeded", e, e.Path),
        ObjectNotFoundException e => Traced("ObjectNotFound", e, e.Id.ToString(), e.Path),
        IntegrityException e => Traced("IntegrityError", e, WithoutPrefix(e.Message)),
        ValueTooLargeException or MisplacedSegmentException => Traced("IntegrityError", error, error.Message),
        // What borg raises here are no classes of its own; scripts and its tests know these names.
        AppendOnlyException => Traced("ValueError", error, error.Message),
        SegmentMissingException or FileNotFoundException or DirectoryNotFoundException => Traced("FileNotFoundError", error, error.Message),
        UnauthorizedAccessException => Traced("PermissionError", error, error.Message),
        IOException when FileSystemErrors.IsAlreadyExists(error) => Traced("FileExistsError", error, error.Message),
        IOException or IndexSaveException => Traced("OSError", error, error.Message),
        RpcArgumentException e => Traced(e.ClassName, e, e.Message),
        // The first failure says more than that there was one.
        InvalidTransactionStateException { InnerException: { } first } => From(first) with { Message = error.Message },
        _ => Traced("Exception", error, error.Message),
    };

    /// <summary>The answer to a method that does not exist.</summary>
    public static RpcError InvalidMethod(string name) => new("InvalidRPCMethod", $"RPC method {name} is not valid", showTrace: false, name);

    /// <summary>The answer to a method that needs an open repository when none is.</summary>
    public static RpcError NotOpen(string method) =>
        new("AttributeError", $"{method}: no repository is open", showTrace: true, $"{method}: no repository is open");

    /// <summary>The errors that the protocol's test hook asks for by name.</summary>
    public static RpcError Injected(string kind)
    {
        const string Text = "test string";
        return kind switch
        {
            "DoesNotExist" => new(kind, $"Repository {Text} does not exist.", false, Text),
            "AlreadyExists" => new(kind, $"A repository already exists at {Text}.", false, Text),
            "CheckNeeded" => new(kind, $"Inconsistency detected. Please run \"borg check {Text}\".", true, Text),
            "IntegrityError" => new(kind, $"Data integrity error: {Text}", true, Text),
            "PathNotAllowed" => new(kind, "Repository path not allowed: foo", false, "foo"),
            "ObjectNotFound" => new(kind, $"Object with key {Text} not found in repository {Text}2.", true, Text, Text + "2"),
            "InvalidRPCMethod" => InvalidMethod(Text),
            "divide" => new("ZeroDivisionError", "integer division or modulo by zero", true, "integer division or modulo by zero"),
            _ => InvalidMethod(kind),
        };
    }

    private static RpcError Plain(string className, Exception error, params string[] arguments) =>
        new(className, arguments, error.Message, ShowTrace: false);

    private static RpcError Traced(string className, Exception error, params string[] arguments) =>
        new(className, arguments, error.Message, ShowTrace: true);

    // Clients put their own "Data integrity error:" before the argument.
    private static string WithoutPrefix(string message)
    {
        const string Prefix = "Data integrity error: ";
        return message.StartsWith(Prefix, StringComparison.Ordinal) ? message[Prefix.Length..] : message;
    }
}
