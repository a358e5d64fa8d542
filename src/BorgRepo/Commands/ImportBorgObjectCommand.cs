using System.Management.Automation;
using BorgRepo.Core.Format;

namespace BorgRepo.Commands;

/// <summary>Stores files that are named by id, as Export-BorgObject writes them. All of them are one transaction.</summary>
[Cmdlet(VerbsData.Import, "BorgObject", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(BorgObject))]
public sealed class ImportBorgObjectCommand : ObjectWriterCmdlet
{
    private readonly ValueFile _file = new();
    private long _count;

    /// <summary>Path of a repository, taken as it is.</summary>
    // Without the aliases that it has elsewhere: here the files come through the pipeline.
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [ValidateNotNullOrEmpty]
    public override string[]? LiteralPath { get; set; }

    /// <summary>An open session, or an object about a repository.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = RepositorySet)]
    [RepositoryTransformation]
    [ValidateNotNull]
    public override BorgRepository? Repository { get; set; }

    /// <summary>Files named by id. A name that exists is taken as it is, else wildcards are expanded.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] InFile { get; set; } = [];

    private protected override void Process()
    {
        foreach (string name in InFile)
        {
            foreach (string file in Find(name))
            {
                Stopped.ThrowIfCancellationRequested();
                Import(file);
            }
        }
    }

    private void Import(string file)
    {
        CurrentItem = file;
        ObjectId id = IdParser.Parse(System.IO.Path.GetFileNameWithoutExtension(file));
        long length = ValueFile.CheckedLength(file);
        foreach (RepositoryTarget target in GetTargets())
        {
            if (MayChange(target, id.ToString(), $"Store {ByteSize.Format(length)} of {file}", out _))
            {
                Transaction.Put(target, id, _file.Read(file));
            }
        }

        ReportProgress("Importing objects", file, ++_count, 0);
    }

    private IReadOnlyList<string> Find(string name)
    {
        string path = LocationResolver.ToFullPath(SessionState.Path, name);
        if (File.Exists(path))
        {
            return [path];
        }

        IReadOnlyList<string> found = WildcardPattern.ContainsWildcardCharacters(name)
            ? LocationResolver.Expand(SessionState.Path, name)
            : [];
        return found.Count > 0 ? found : throw new InputException("FileNotFound", $"There is no file {path}.", name, ErrorCategory.ObjectNotFound);
    }
}
