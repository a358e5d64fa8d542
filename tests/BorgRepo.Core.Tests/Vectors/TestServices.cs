using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>The real file system and process, but a host name of the test's choice, and every notice kept.</summary>
internal sealed class TestServices
{
    private readonly List<RepositoryNotice> _notices = [];

    public TestServices(string hostId = NamedHostEnvironment.FixtureHost, int? processId = null)
    {
        Services = new RepositoryServices(
            LocalFileSystem.Instance,
            new NamedHostEnvironment(hostId, processId),
            Keep);
    }

    public RepositoryServices Services { get; }

    public IReadOnlyList<RepositoryNotice> Notices
    {
        get
        {
            lock (_notices)
            {
                return [.. _notices];
            }
        }
    }

    /// <summary>What borg would call warnings and errors of its log.</summary>
    public IReadOnlyList<string> Warnings =>
        [.. Notices.Where(notice => notice.Level >= NoticeLevel.Warning).Select(notice => notice.Message)];

    private void Keep(RepositoryNotice notice)
    {
        lock (_notices)
        {
            _notices.Add(notice);
        }
    }
}
