using System.Management.Automation;
using BorgRepo.Core.Segments;

namespace BorgRepo.Commands;

/// <summary>Reads the -Segment parameter of the cmdlets that look into the log.</summary>
internal static class SegmentArgument
{
    /// <summary>The choice; null if the parameter was not given.</summary>
    public static SegmentSelection? Parse(string[]? texts)
    {
        try
        {
            return texts is null ? null : SegmentSelection.Parse(texts);
        }
        catch (FormatException error)
        {
            throw new InputException("InvalidSegment", error.Message, texts!, ErrorCategory.InvalidArgument);
        }
    }
}
