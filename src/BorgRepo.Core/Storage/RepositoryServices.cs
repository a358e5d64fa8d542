namespace BorgRepo.Core.Storage;

/// <summary>What a session works with besides its options.</summary>
/// <param name="FileSystem">All file access.</param>
/// <param name="Environment">Clock, random, process identity.</param>
/// <param name="Notices">Receives messages; called on the thread of the operation.</param>
/// <param name="Progress">Receives progress of long operations; called on the thread of the operation, often.</param>
public sealed record RepositoryServices(
    IFileSystem FileSystem,
    RepositoryEnvironment Environment,
    Action<RepositoryNotice>? Notices = null,
    Action<OperationProgress>? Progress = null)
{
    /// <summary>Passes a message on.</summary>
    public void Notify(NoticeLevel level, string message) => Notices?.Invoke(new RepositoryNotice(level, message));
}
