using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>
/// Opens a repository and keeps it open, with its lock, until it is closed. Without a switch it reads under a shared lock,
/// which the first change exchanges for the exclusive one.
/// </summary>
[Cmdlet(VerbsCommon.Open, "BorgRepository", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgRepository))]
public sealed class OpenBorgRepositoryCommand : RemoteRepositoryCmdlet
{
    /// <summary>Take the exclusive lock at once.</summary>
    [Parameter]
    public SwitchParameter Exclusive { get; set; }

    /// <summary>Refuse all changes.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>Take no lock, refuse all changes and write nothing at all.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    /// <summary>Which release's habits to write by.</summary>
    [Parameter]
    public BorgWriteFormat WriteFormat { get; set; }

    /// <summary>
    /// Save index and hints after so many bytes of commits and at the end, not at each commit: then a commit costs the same however
    /// many objects there are. 0 saves them at each commit.
    /// </summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long IndexCheckpointSize { get; set; }

    private protected override WriteFormat FormatToWrite => (WriteFormat)(int)WriteFormat;

    // A script that goes on without its session goes wrong later, and less plainly.
    private protected override bool GoesOnAfterError => false;

    private protected override void Begin()
    {
        if (Exclusive && (ReadOnly || NoLock))
        {
            throw new InputException("InvalidArgument", "-Exclusive is for writing; it does not go with -ReadOnly or -NoLock.", null);
        }
    }

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        if (IndexCheckpointSize > 0 && target.IsRemote)
        {
            throw InputException.NeedsFiles(target.Path);
        }

        var options = new OpenOptions
        {
            Access = Exclusive ? SessionAccess.Write
                : NoLock ? SessionAccess.ReadNoLock
                : ReadOnly ? SessionAccess.Read
                : SessionAccess.Undeclared,
            LockWait = LockTimeout,
            WriteFormat = FormatToWrite,
            Workers = Environment.ProcessorCount,
            IndexCheckpointSize = IndexCheckpointSize,
        };
        BorgRepository session = BorgRepository.Open(target.Path, options, target.IsRemote ? Remote : null, this);
        try
        {
            WriteObject(session);
        }
        catch
        {
            // The pipeline was stopped: nobody got it, nobody would close it.
            session.Dispose();
            throw;
        }
    }
}
