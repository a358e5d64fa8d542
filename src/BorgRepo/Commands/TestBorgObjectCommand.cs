using System.Management.Automation;
using BorgRepo.Completers;

namespace BorgRepo.Commands;

/// <summary>Tells whether a repository has an object.</summary>
[Cmdlet(VerbsDiagnostic.Test, "BorgObject", DefaultParameterSetName = PathSet)]
[OutputType(typeof(bool))]
public sealed class TestBorgObjectCommand : ObjectReaderCmdlet
{
    /// <summary>Ids, or the first digits of them.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [IdTransformation]
    [ArgumentCompleter(typeof(ObjectIdCompleter))]
    public string[] Id { get; set; } = [];

    private protected override void ProcessRepository(RepositoryLease repository)
    {
        foreach (string text in Id)
        {
            bool present;
            try
            {
                present = IdParser.Resolve(text, repository.Objects, Stopped) is { } id && repository.Objects.Contains(id);
            }
            catch (InputException error)
            {
                WriteItemError(error);
                continue;
            }

            WriteObject(present);
        }
    }
}
