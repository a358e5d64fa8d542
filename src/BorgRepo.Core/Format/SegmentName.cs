using System.Globalization;

namespace BorgRepo.Core.Format;

/// <summary>Names of segment files and of their folders: plain decimal numbers (docs/format.md, "Repository folder").</summary>
public static class SegmentName
{
    /// <summary>Highest segment number: the index reserves the values above as markers.</summary>
    public const uint Max = 0xFFFF_FBFF;

    /// <summary>Reads a name of digits only. Leading zeros are accepted here, so that such a file is noticed and named.</summary>
    public static bool TryParse(string name, out uint number)
    {
        number = 0;
        foreach (char c in name)
        {
            if (!char.IsAsciiDigit(c))
            {
                return false;
            }
        }

        return uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= Max;
    }

    /// <summary>Name of the segment's file.</summary>
    public static string FileOf(uint segment) => segment.ToString(CultureInfo.InvariantCulture);

    /// <summary>Name of the folder that holds the segment.</summary>
    public static string FolderOf(uint segment, int segmentsPerDirectory) =>
        (segment / (uint)segmentsPerDirectory).ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads the place of a segment relative to its repository, with slashes.</summary>
    /// <returns>False for anything else, and for a segment in a wrong place.</returns>
    public static bool TryParsePath(string path, int segmentsPerDirectory, out uint number)
    {
        number = 0;
        return path.Split('/') is ["data", string folder, string file] && TryParse(file, out number)
            && folder == FolderOf(number, segmentsPerDirectory) && file == FileOf(number);
    }
}
