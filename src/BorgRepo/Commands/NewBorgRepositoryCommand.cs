using System.Management.Automation;
using BorgRepo.Core;
using BorgRepo.Core.Format;
using BorgRepo.Core.Remote;
using Engine = BorgRepo.Core.Repository;

namespace BorgRepo.Commands;

/// <summary>Creates an empty repository.</summary>
[Cmdlet(VerbsCommon.New, "BorgRepository", SupportsShouldProcess = true)]
[OutputType(typeof(BorgRepositoryInfo))]
public sealed class NewBorgRepositoryCommand : BorgCmdlet
{
    /// <summary>Where; taken as it is. The folder is made, or may be there and empty.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Old states are never removed.</summary>
    [Parameter]
    public SwitchParameter AppendOnly { get; set; }

    /// <summary>Most bytes to store, 0 for no limit.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long StorageQuota { get; set; }

    /// <summary>Bytes that commits leave free on the volume besides their own need.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long AdditionalFreeSpace { get; set; }

    /// <summary>Size in bytes beyond which a segment file is closed; 500 MiB unless given (5 MiB as borg 1.0).</summary>
    [Parameter]
    [ValidateRange(1, uint.MaxValue - (20L << 20))]
    public long? MaxSegmentSize { get; set; }

    /// <summary>Segment files in one folder; 1000 unless given (10,000 as borg 1.0).</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? SegmentsPerDirectory { get; set; }

    /// <summary>Which release's layout to create; borg 1.0 has segments of 5 MiB, 10,000 in a folder.</summary>
    [Parameter]
    public BorgWriteFormat WriteFormat { get; set; }

    /// <summary>Make missing folders above it too.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The ssh command; BORG_RSH, or ssh, unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Rsh { get; set; }

    /// <summary>The borg on the server; BORG_REMOTE_PATH, or borg, unless given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? RemotePath { get; set; }

    private protected override void Process()
    {
        foreach (string name in Path)
        {
            CurrentItem = name;
            try
            {
                Create(LocationResolver.ToRepositoryPath(SessionState.Path, name));
            }
            catch (Exception error) when (ErrorMapping.IsExpected(error))
            {
                WriteItemError(error);
            }
        }
    }

    // A server tells nothing about a repository that could be emitted.
    private void CreateRemote(string path, CreateOptions options)
    {
        try
        {
            RemoteRepository.Create(RemoteLocation.Parse(path), options, GetRemoteOptions(Rsh, RemotePath), Services, Stopped);
        }
        catch (ArgumentException error)
        {
            throw new InputException("RemoteNotSupported", error.Message, path, innerException: error);
        }
    }

    private void Create(string path)
    {
        if (!ShouldProcess(path, "Create repository"))
        {
            return;
        }

        CreateOptions options = new()
        {
            AppendOnly = AppendOnly,
            StorageQuota = StorageQuota,
            AdditionalFreeSpace = AdditionalFreeSpace,
            MaxSegmentSize = MaxSegmentSize,
            SegmentsPerDirectory = SegmentsPerDirectory,
            CreateParents = Force,
            WriteFormat = (WriteFormat)(int)WriteFormat,
        };
        if (RemoteLocation.IsRemote(path))
        {
            CreateRemote(path, options);
            return;
        }

        Engine.Create(path, options, Services);
        WriteObject(InfoReader.Read(new RepositoryTarget(path, null), this));
    }
}
