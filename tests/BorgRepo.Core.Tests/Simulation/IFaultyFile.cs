namespace BorgRepo.Core.Tests.Simulation;

/// <summary>A file that can be told that syncing it failed.</summary>
internal interface IFaultyFile
{
    /// <summary>What was written and not synced may be lost, even if a later sync succeeds.</summary>
    void FailSync();
}
