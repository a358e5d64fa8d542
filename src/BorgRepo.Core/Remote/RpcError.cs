using BorgRepo.Core.Errors;
using BorgRepo.Core.Format;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>An error as it goes over the wire. Clients know it by the names and arguments that borg's own classes have.</summary>
/// <param name="ClassName">Bare name of borg's (or Python's) class.</param>
/// <param name="Arguments">What the class is made of; clients build their own message from it.</param>
/// <param name="Message">The message for clients that do not know the class.</param>
/// <param name="Kind">Whose class it is, and whether a client should show where it happened.</param>
internal sealed record RpcError(string ClassName, IReadOnlyList<string> Arguments, string Message, RpcErrorKind Kind)
{
    private RpcError(string className, string message, RpcErrorKind kind, params string[] arguments)
        : this(className, arguments, message, kind)
    {
    }

    /// <summary>True if a client should show where it happened.</summary>
    public bool ShowTrace => Kind != RpcErrorKind.Plain;

    /// <summary>The message as clients show it: classes that are not borg's are named in it.</summary>
    public string ShortText => Kind == RpcErrorKind.Foreign ? $"{ClassName}: {Message}\n" : Message;

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
        AppendOnlyException => Foreign("ValueError", error.Message),
        SegmentMissingException or FileNotFoundException or DirectoryNotFoundException => Foreign("FileNotFoundError", error.Message),
        UnauthorizedAccessException => Foreign("PermissionError", error.Message),
        IOException when FileSystemErrors.IsAlreadyExists(error) => Foreign("FileExistsError", error.Message),
        IOException or IndexSaveException => Foreign("OSError", error.Message),
        ArgumentException => Foreign("ValueError", error.Message),
        RpcArgumentException e => Foreign(e.ClassName, e.Message),
        // The first failure says more than that there was one.
        InvalidTransactionStateException { InnerException: { } first } => From(first) with { Message = error.Message },
        _ => Foreign("Exception", error.Message),
    };

    /// <summary>The answer to a method that does not exist.</summary>
    public static RpcError InvalidMethod(string name) => new("InvalidRPCMethod", $"RPC method {name} is not valid", RpcErrorKind.Plain, name);

    /// <summary>The answer to a method that needs an open repository when none is.</summary>
    public static RpcError NotOpen(string method) =>
        Foreign("AttributeError", $"{method}: no repository is open");

    /// <summary>The answer to a call whose session has not the lock that it needs.</summary>
    public static RpcError NotExclusive(string method) =>
        Foreign("AssertionError", $"{method}: the session does not hold the exclusive lock");

    /// <summary>The errors that the protocol's test hook asks for by name.</summary>
    public static RpcError Injected(string kind)
    {
        const string Text = "test string";
        return kind switch
        {
            "DoesNotExist" => new(kind, $"Repository {Text} does not exist.", RpcErrorKind.Plain, Text),
            "AlreadyExists" => new(kind, $"A repository already exists at {Text}.", RpcErrorKind.Plain, Text),
            "CheckNeeded" => new(kind, $"Inconsistency detected. Please run \"borg check {Text}\".", RpcErrorKind.Traced, Text),
            "IntegrityError" => new(kind, $"Data integrity error: {Text}", RpcErrorKind.Traced, Text),
            "PathNotAllowed" => new(kind, "Repository path not allowed: foo", RpcErrorKind.Plain, "foo"),
            "ObjectNotFound" => new(kind, $"Object with key {Text} not found in repository {Text}2.", RpcErrorKind.Traced, Text, Text + "2"),
            "InvalidRPCMethod" => InvalidMethod(Text),
            "divide" => Foreign("ZeroDivisionError", "integer division or modulo by zero"),
            _ => InvalidMethod(kind),
        };
    }

    private static RpcError Plain(string className, Exception error, params string[] arguments) =>
        new(className, arguments, error.Message, RpcErrorKind.Plain);

    private static RpcError Traced(string className, Exception error, params string[] arguments) =>
        new(className, arguments, error.Message, RpcErrorKind.Traced);

    private static RpcError Foreign(string className, string message) => new(className, [message], message, RpcErrorKind.Foreign);

    // Clients put their own "Data integrity error:" before the argument.
    private static string WithoutPrefix(string message)
    {
        const string Prefix = "Data integrity error: ";
        return message.StartsWith(Prefix, StringComparison.Ordinal) ? message[Prefix.Length..] : message;
    }
}
