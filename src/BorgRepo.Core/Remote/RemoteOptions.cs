using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Remote;

/// <summary>How a server is reached.</summary>
public sealed record RemoteOptions
{
    /// <summary>Command line of the ssh client.</summary>
    public string Rsh { get; init; } = "ssh";

    /// <summary>The borg on the server: a name or path, one word.</summary>
    public string RemotePath { get; init; } = "borg";

    /// <summary>Least level of messages that the server is asked for.</summary>
    public NoticeLevel LogLevel { get; init; } = NoticeLevel.Warning;

    /// <summary>Takes what is not given from BORG_RSH and BORG_REMOTE_PATH, as borg does.</summary>
    public static RemoteOptions Create(RepositoryEnvironment environment, string? rsh = null, string? remotePath = null)
    {
        RemoteOptions defaults = new();
        return new RemoteOptions
        {
            Rsh = rsh ?? environment.GetVariable("BORG_RSH") ?? defaults.Rsh,
            RemotePath = remotePath ?? environment.GetVariable("BORG_REMOTE_PATH") ?? defaults.RemotePath,
        };
    }
}
