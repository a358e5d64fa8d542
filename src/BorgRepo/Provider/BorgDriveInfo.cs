using System.Management.Automation;

namespace BorgRepo.Provider;

/// <summary>A drive with the session that it reads through.</summary>
internal sealed class BorgDriveInfo : PSDriveInfo
{
    private readonly bool _ownsSession;

    /// <summary>Makes a drive whose root is the path of the repository.</summary>
    public BorgDriveInfo(PSDriveInfo wanted, BorgRepository session, bool ownsSession)
        : base(
            wanted.Name,
            wanted.Provider,
            session.Path,
            string.IsNullOrEmpty(wanted.Description) ? $"The borg repository {session.Path}" : wanted.Description,
            wanted.Credential)
    {
        Session = session;
        _ownsSession = ownsSession;
    }

    /// <summary>The session.</summary>
    public BorgRepository Session { get; }

    /// <summary>True if somebody else may write while the drive is there.</summary>
    public bool MayGrowStale => _ownsSession && Session.Mode == BorgSessionMode.NoLock;

    /// <summary>Closes the session if the drive opened it.</summary>
    public void Close()
    {
        if (_ownsSession)
        {
            Session.Dispose();
        }
    }
}
