using BorgRepo.Core.Storage;

namespace BorgRepo.Commands;

/// <summary>What calls the engine for a user, a cmdlet or the drive, and passes on what it says meanwhile.</summary>
internal interface IEngineUser
{
    /// <summary>What the engine works with.</summary>
    RepositoryServices Services { get; }

    /// <summary>Cancelled by Ctrl-C.</summary>
    CancellationToken Stopped { get; }

    /// <summary>Passes a message on.</summary>
    void OnNotice(RepositoryNotice notice);

    /// <summary>Passes progress on.</summary>
    void OnProgress(OperationProgress progress);
}
