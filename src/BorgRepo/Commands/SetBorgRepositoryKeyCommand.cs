using System.Management.Automation;
using System.Management.Automation.Host;
using BorgRepo.Core;

namespace BorgRepo.Commands;

/// <summary>Keeps a key text in the config of a repository. Replacing another one needs -Force or a yes.</summary>
[Cmdlet(VerbsCommon.Set, "BorgRepositoryKey", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class SetBorgRepositoryKeyCommand : RemoteRepositoryCmdlet
{
    /// <summary>The key text; an empty one removes the key.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [AllowEmptyString]
    public string Key { get; set; } = string.Empty;

    /// <summary>Replace or remove a key without asking. What is encrypted with it cannot be read without it.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        string text = Key.ReplaceLineEndings("\n").TrimEnd('\n');
        string former = LoadFormer(target);
        string action = former.Length == 0 ? "Keep key" : text.Length == 0 ? "Remove key" : "Replace key";
        if (former == text || !ShouldProcess(target.Path, action))
        {
            return;
        }

        if (former.Length > 0 && !Force && !AskToGoOn(target.Path, action))
        {
            return;
        }

        using RepositoryLease repository = Open(target, SessionAccess.Write);
        repository.Objects.SaveKey(text);
    }

    private bool AskToGoOn(string path, string action)
    {
        string concern = $"{path} keeps another key already. Unless there is a copy of it, nothing that is encrypted with it can be read any more.";
        try
        {
            return ShouldContinue($"{concern} Go on?", action);
        }
        catch (Exception error) when (error is HostException or PSInvalidOperationException or NullReferenceException)
        {
            // A job or a scheduled task: what PowerShell says then tells neither what was asked nor what to do. Where the input
            // is at its end and -NonInteractive was forgotten, its console fails over the missing answer.
            throw new InputException("ConfirmationNeeded", $"{concern} Nobody can be asked here: -Force replaces it.", path, ErrorCategory.InvalidOperation, error);
        }
    }

    private string LoadFormer(RepositoryTarget target)
    {
        using RepositoryLease repository = Open(target, SessionAccess.ReadNoLock);
        return repository.Objects.LoadKey();
    }
}
