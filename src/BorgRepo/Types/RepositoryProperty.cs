using System.ComponentModel;
using System.Management.Automation;

namespace BorgRepo;

/// <summary>
/// Reads the hidden property Repository that BorgRepo.Types.ps1xml gives to everything emitted about a repository.
/// </summary>
/// <remarks>
/// Hidden there rather than a property of the classes: so it binds by name and is kept by Export-Clixml and jobs (as the
/// path), but is not in ConvertTo-Json, Select-Object * or Get-Member.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class RepositoryProperty
{
    /// <summary>The session that the object came from, or the path of its repository.</summary>
    public static object? GetRepository(PSObject instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return (instance.BaseObject as IRepositoryItem)?.Source;
    }
}
