using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Errors;
using BorgRepo.Core.Storage;

namespace BorgRepo.Commands;

/// <summary>
/// The one place that turns an exception into an error record. Error ids are part of what scripts rely on: never change one.
/// </summary>
internal static class ErrorMapping
{
    /// <summary>True for what the engine, the file system or the user's input is to blame for; anything else is a bug and stays raw.</summary>
    public static bool IsExpected(Exception error) =>
        error is BorgRepositoryException or InputException or IOException or UnauthorizedAccessException;

    /// <summary>True for an error that concerns one object: others may be fine.</summary>
    public static bool ConcernsOneObject(Exception error) => ObjectReading.ConcernsOneObject(error);

    /// <summary>Makes the record.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="target">What it is about; null takes what the exception names.</param>
    /// <param name="fallback">What it is about if the exception does not tell either.</param>
    public static ErrorRecord ToErrorRecord(Exception error, object? target, object? fallback)
    {
        (string id, ErrorCategory category, object? named) = Classify(error);
        var record = new ErrorRecord(error, id, category, target ?? named ?? fallback);
        if (Advice(error) is { } advice)
        {
            record.ErrorDetails = new ErrorDetails(error.Message) { RecommendedAction = advice };
        }

        return record;
    }

    private static (string Id, ErrorCategory Category, object? Target) Classify(Exception error) => error switch
    {
        InputException e => (e.ErrorId, e.Category, e.Target),
        RepositoryNotFoundException e => ("RepositoryNotFound", ErrorCategory.ObjectNotFound, e.Path),
        InvalidRepositoryException e => ("InvalidRepository", ErrorCategory.InvalidData, e.Path),
        InvalidRepositoryConfigException e => ("InvalidRepositoryConfig", ErrorCategory.InvalidData, e.Path),
        AtticRepositoryException e => ("AtticRepository", ErrorCategory.InvalidData, e.Path),
        RepositoryExistsException e => ("RepositoryExists", ErrorCategory.ResourceExists, e.Path),
        PathExistsException e => ("PathExists", ErrorCategory.ResourceExists, e.Path),
        ParentPathNotFoundException e => ("ParentPathNotFound", ErrorCategory.ObjectNotFound, e.Path),
        RepositoryAccessDeniedException e => ("AccessDenied", ErrorCategory.PermissionDenied, e.Path),
        ObjectNotFoundException e => ("ObjectNotFound", ErrorCategory.ObjectNotFound, e.Id.ToString()),
        IntegrityException e => ("IntegrityError", ErrorCategory.InvalidData, e.Id?.ToString()),
        IndexCorruptException or HintsCorruptException => ("IntegrityError", ErrorCategory.InvalidData, null),
        SegmentMissingException e => ("SegmentMissing", ErrorCategory.InvalidResult, e.Path),
        MisplacedSegmentException e => ("MisplacedSegment", ErrorCategory.InvalidData, e.Path),
        CheckNeededException e => ("CheckNeeded", ErrorCategory.InvalidResult, e.Path),
        IndexSaveException => ("IndexSaveFailed", ErrorCategory.WriteError, null),
        PathNotAllowedException e => ("PathNotAllowed", ErrorCategory.PermissionDenied, e.Path),
        LockTimeoutException e => ("LockTimeout", ErrorCategory.ResourceBusy, e.LockPath),
        LockLostException e => ("LockLost", ErrorCategory.ResourceUnavailable, e.LockPath),
        LockFailedException e => ("LockFailed", IsDenied(e.InnerException) ? ErrorCategory.PermissionDenied : ErrorCategory.ResourceUnavailable, e.LockPath),
        StorageQuotaExceededException => ("StorageQuotaExceeded", ErrorCategory.QuotaExceeded, null),
        InsufficientFreeSpaceException => ("InsufficientFreeSpace", ErrorCategory.ResourceUnavailable, null),
        ValueTooLargeException => ("ValueTooLarge", ErrorCategory.InvalidArgument, null),
        RepositoryClosedException e => ("RepositoryClosed", ErrorCategory.InvalidOperation, e.Path),
        InvalidTransactionStateException => ("InvalidTransactionState", ErrorCategory.InvalidOperation, null),
        AppendOnlyException e => ("AppendOnlyRefused", ErrorCategory.PermissionDenied, e.Path),
        CopyRefusedException e => ("CopyRefused", ErrorCategory.InvalidOperation, e.Destination),
        CopyVerificationException e => ("CopyVerificationFailed", ErrorCategory.InvalidResult, e.File),
        RcloneException => ("RcloneFailed", ErrorCategory.ConnectionError, null),
        RemoteConnectionException e => ("ConnectionFailed", ErrorCategory.ConnectionError, e.Location),
        RemoteServerException e => ("RemoteError", ErrorCategory.NotSpecified, e.Location),
        ProtocolException => ("ProtocolError", ErrorCategory.ProtocolError, null),
        BorgRepositoryException => ("RepositoryError", ErrorCategory.NotSpecified, null),
        UnauthorizedAccessException => ("AccessDenied", ErrorCategory.PermissionDenied, null),
        FileNotFoundException e => ("FileNotFound", ErrorCategory.ObjectNotFound, e.FileName),
        DirectoryNotFoundException => ("FileNotFound", ErrorCategory.ObjectNotFound, null),
        IOException e when FileSystemErrors.IsDiskFull(e) => ("InsufficientFreeSpace", ErrorCategory.ResourceUnavailable, null),
        _ => ("IOError", ErrorCategory.DeviceError, null),
    };

    // Only where the message itself does not say what to do.
    private static string? Advice(Exception error) => error switch
    {
        LockTimeoutException => "Wait longer with -LockWait. See who holds the lock with Get-BorgLock; if that process is gone for certain, remove it with Unlock-BorgRepository.",
        LockFailedException => "On a read-only medium, read with -NoLock.",
        StorageQuotaExceededException => "Remove objects, or raise the quota with Set-BorgRepository -StorageQuota.",
        IntegrityException or SegmentMissingException or CheckNeededException => "Check the repository before writing to it; other objects may be sound.",
        CopyRefusedException e => AdviceOf(e.Reason),
        RepositoryClosedException => "Open it again with Open-BorgRepository.",
        _ => null,
    };

    private static string? AdviceOf(CopyRefusal reason) => reason switch
    {
        CopyRefusal.NewerState => "If the source was set back on purpose, set the copy back too with Restore-BorgTransaction, or make a new copy.",
        CopyRefusal.Diverged => "If it is a copy that was made by other means, take it over with -Adopt: what only it has is set aside.",
        CopyRefusal.ChangedSegments => "See with Compare-BorgRepository what the copy has and the source has not, save it with Copy-BorgObject, then copy with -AcceptChanged.",
        CopyRefusal.NotACopy or CopyRefusal.OtherRepository or CopyRefusal.OtherLayout => "Name an empty or new folder, or a copy of this repository.",
        _ => null,
    };

    private static bool IsDenied(Exception? error) => error is UnauthorizedAccessException;
}
