using System.Management.Automation;

namespace BorgRepo.Provider;

/// <summary>What Get-Content takes on a drive besides its own parameters.</summary>
public sealed class BorgContentParameters
{
    /// <summary>Bytes instead of lines of text in UTF-8.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Everything as one text, or one array of bytes.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }
}
