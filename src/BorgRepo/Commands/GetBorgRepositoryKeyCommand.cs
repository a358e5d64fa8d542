using System.Management.Automation;
using BorgRepo.Core;

namespace BorgRepo.Commands;

/// <summary>Gets the key text that a repository keeps in its config; nothing if it keeps none.</summary>
[Cmdlet(VerbsCommon.Get, "BorgRepositoryKey", DefaultParameterSetName = PathSet)]
[OutputType(typeof(string))]
public sealed class GetBorgRepositoryKeyCommand : RemoteRepositoryCmdlet
{
    /// <summary>Take no lock and write nothing.</summary>
    [Parameter]
    public SwitchParameter NoLock { get; set; }

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        string key;
        using (RepositoryLease repository = Open(target, NoLock ? SessionAccess.ReadNoLock : SessionAccess.Read))
        {
            key = repository.Objects.LoadKey();
        }

        if (key.Length > 0)
        {
            WriteObject(key);
        }
        else
        {
            WriteVerbose($"{target.Path} keeps no key.");
        }
    }
}
