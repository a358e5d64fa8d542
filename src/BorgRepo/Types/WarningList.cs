using System.Collections.ObjectModel;

namespace BorgRepo;

/// <summary>Warnings that read well where only one text has room, as in a line of CSV.</summary>
internal sealed class WarningList(IList<BorgHealthWarning> warnings) : ReadOnlyCollection<BorgHealthWarning>(warnings)
{
    /// <summary>The codes.</summary>
    public override string ToString() => string.Join(' ', this.Select(warning => warning.Code));
}
