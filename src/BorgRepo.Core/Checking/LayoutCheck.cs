using BorgRepo.Core.Format;
using BorgRepo.Core.Segments;
using BorgRepo.Core.Storage;

namespace BorgRepo.Core.Checking;

/// <summary>Looks at the names below <c>data</c>: which are segments in their place, and what else is there.</summary>
internal static class LayoutCheck
{
    /// <summary>Lists the segments in ascending order and reports everything else.</summary>
    public static List<SegmentFile> List(IFileSystem fileSystem, SegmentStore store, Action<Finding> report)
    {
        List<SegmentFile> segments = [];
        foreach (DirectoryItem folder in fileSystem.List(store.DataPath))
        {
            string path = Path.Combine(store.DataPath, folder.Name);
            if (folder.Kind != PathKind.Directory || !SegmentName.TryParse(folder.Name, out _))
            {
                ReportForeign(path, report);
                continue;
            }

            foreach (DirectoryItem item in fileSystem.List(path))
            {
                string file = Path.Combine(path, item.Name);
                if (item.Kind != PathKind.File || !SegmentName.TryParse(item.Name, out uint number))
                {
                    ReportForeign(file, report);
                }
                else if (store.PathOf(number) != file)
                {
                    ReportMisplaced(file, store.PathOf(number), number, report);
                }
                else
                {
                    segments.Add(new SegmentFile(number, file));
                }
            }
        }

        segments.Sort((x, y) => x.Number.CompareTo(y.Number));
        return segments;
    }

    private static void ReportForeign(string path, Action<Finding> report) => report(
        new Finding(FindingKind.ForeignFile, FindingSeverity.Information, $"{path} is no segment; it is ignored by all operations.") { Path = path });

    private static void ReportMisplaced(string path, string expected, uint number, Action<Finding> report) => report(
        new Finding(
            FindingKind.MisplacedSegment,
            FindingSeverity.Error,
            $"{path} has the name of segment {number}, whose place is {expected}. Move it there or away, or restore segments_per_dir in the config.")
        {
            Path = path, Segment = number,
        });
}
