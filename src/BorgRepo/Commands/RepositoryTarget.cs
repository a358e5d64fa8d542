using BorgRepo.Core.Remote;

namespace BorgRepo.Commands;

/// <summary>A repository that the user named.</summary>
/// <param name="Path">Full path in the file system, or a location behind ssh.</param>
/// <param name="Session">The open session that was given; null if a path was.</param>
internal sealed record RepositoryTarget(string Path, BorgRepository? Session)
{
    /// <summary>What objects emitted about it refer back to.</summary>
    public object Source => (object?)Session ?? Path;

    /// <summary>True if it is behind a server.</summary>
    public bool IsRemote => RemoteLocation.IsRemote(Path);
}
