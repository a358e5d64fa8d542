using System.Management.Automation;
using BorgRepo.Core.Errors;
using Engine = BorgRepo.Core.Repository;

namespace BorgRepo.Commands;

/// <summary>Describes repositories, or finds them below a folder. Reads only, takes no lock.</summary>
[Cmdlet(VerbsCommon.Get, "BorgRepository", DefaultParameterSetName = PathSet)]
[OutputType(typeof(BorgRepositoryInfo))]
public sealed class GetBorgRepositoryCommand : RepositoryCmdlet
{
    /// <summary>Look for repositories in the folder and all folders below it.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    private protected override bool ExpandsToRepositoriesOnly => !Recurse;

    private protected override void ProcessRepository(RepositoryTarget target)
    {
        if (!Recurse || target.Session is not null)
        {
            WriteObject(InfoReader.Read(target, this));
            return;
        }

        if (!Directory.Exists(target.Path))
        {
            throw new RepositoryNotFoundException(target.Path);
        }

        Search(target.Path);
    }

    private void Search(string top)
    {
        Stack<string> folders = new([top]);
        while (folders.TryPop(out string? folder))
        {
            Stopped.ThrowIfCancellationRequested();
            ReportProgress("Searching for repositories", folder, 0, 0);
            if (Engine.IsRepository(folder, Services))
            {
                // Repositories do not nest; inside there are only thousands of segments.
                Emit(folder);
                continue;
            }

            foreach (string below in ListFolders(folder))
            {
                folders.Push(below);
            }
        }
    }

    private void Emit(string folder)
    {
        BorgRepositoryInfo info;
        try
        {
            info = InfoReader.Read(new RepositoryTarget(folder, null), this);
        }
        catch (Exception error) when (ErrorMapping.IsExpected(error))
        {
            WriteItemError(error, folder);
            return;
        }

        WriteObject(info);
    }

    // Sorted, so that the order does not depend on the file system; last first, because the stack turns it around. Links to
    // folders are not followed: they may lead in circles.
    private List<string> ListFolders(string folder)
    {
        List<string> found = [];
        try
        {
            var options = new EnumerationOptions { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
            found.AddRange(Directory.EnumerateDirectories(folder, "*", options));
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            WriteItemError(error, folder);
        }

        found.Sort(static (left, right) => string.CompareOrdinal(right, left));
        return found;
    }
}
