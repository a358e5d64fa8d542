using System.Management.Automation;
using System.Text;

namespace BorgRepo.Commands;

/// <summary>
/// Draws segments as a map of cells, one line for each row: live share by shade, damage and uncommitted segments by letter.
/// Colour is used where the terminal shows it; the letters alone say everything.
/// </summary>
[Cmdlet(VerbsCommon.Show, "BorgSegmentMap")]
[OutputType(typeof(string))]
public sealed class ShowBorgSegmentMapCommand : BorgCmdlet
{
    private const int LabelWidth = 9;
    private readonly StringBuilder _row = new();
    private int _cells;
    private bool _plain;

    /// <summary>Segments, as Get-BorgSegment emits them.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public BorgSegment[] Segment { get; set; } = [];

    /// <summary>Cells in a row.</summary>
    [Parameter]
    [ValidateRange(1, 500)]
    public int Width { get; set; } = 60;

    /// <summary>Letters only, no colour.</summary>
    [Parameter]
    public SwitchParameter Plain { get; set; }

    private protected override void Begin()
    {
        _plain = Plain || !ShowsColour();
        WriteObject("live share: # above 90 %, + above 50 %, - above 10 %, . less, ? unknown; C commit only, U not committed, ! damaged");
    }

    private protected override void Process()
    {
        foreach (BorgSegment segment in Segment)
        {
            if (_cells == 0)
            {
                _row.Append(segment.ToString().PadLeft(LabelWidth)).Append(' ');
            }

            (char letter, string colour) = Cell(segment);
            if (_plain)
            {
                _row.Append(letter);
            }
            else
            {
                _row.Append(colour).Append(letter).Append("\u001b[0m");
            }

            _cells++;
            if (_cells == Width)
            {
                Flush();
            }
        }
    }

    private protected override void End()
    {
        if (_cells > 0)
        {
            Flush();
        }
    }

    // $PSStyle is what a user, NO_COLOR and TERM set. Its type is newer than what this module is compiled against.
    private bool ShowsColour() => SessionState.PSVariable.GetValue("PSStyle") is { } style
        && PSObject.AsPSObject(style).Properties["OutputRendering"]?.Value?.ToString() is { } rendering
        && (rendering == "Ansi" || (rendering == "Host" && Host.UI?.SupportsVirtualTerminal == true));

    private static (char Letter, string Colour) Cell(BorgSegment segment)
    {
        double? live = segment.FileBytes > 0 ? (double?)segment.LiveBytes / segment.FileBytes : 0;
        return segment.Damage is not null ? ('!', "\u001b[97;41m")
            : !segment.Committed ? ('U', "\u001b[35m")
            : segment is { Puts: 0, Deletes: 0 } ? ('C', "\u001b[90m")
            : live is null ? ('?', "\u001b[90m")
            : live > 0.9 ? ('#', "\u001b[32m")
            : live > 0.5 ? ('+', "\u001b[92m")
            : live > 0.1 ? ('-', "\u001b[33m")
            : ('.', "\u001b[31m");
    }

    private void Flush()
    {
        WriteObject(_row.ToString());
        _row.Clear();
        _cells = 0;
    }
}
