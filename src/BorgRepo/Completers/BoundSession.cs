using System.Collections;
using System.Management.Automation;

namespace BorgRepo.Completers;

/// <summary>Finds the open session that a command line names, for completion: nothing else may be opened for a key press.</summary>
internal static class BoundSession
{
    /// <summary>Most results of a completion.</summary>
    public const int MostResults = 50;

    /// <summary>How long a completion may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(80);

    /// <summary>The session; null if there is none.</summary>
    // Given by position, the binder that guesses for completion may count a session as -Path.
    public static BorgRepository? Find(IDictionary boundParameters) => boundParameters.Values.Cast<object?>()
        .Select(static bound => bound is PSObject wrapper ? wrapper.BaseObject : bound)
        .OfType<BorgRepository>()
        .FirstOrDefault(static bound => bound.IsOpen);
}
