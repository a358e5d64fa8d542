namespace BorgRepo.Benchmarks.Measuring;

/// <summary>The files of a repository, looked at from outside.</summary>
internal static class RepositoryFolder
{
    private static readonly string s_data = Path.DirectorySeparatorChar + "data" + Path.DirectorySeparatorChar;

    /// <summary>All files: folders in the order of their paths as text, then names as text.</summary>
    public static IReadOnlyList<string> Files(string path) =>
    [
        .. Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories)
            .Prepend(path)
            .Order(StringComparer.Ordinal)
            .SelectMany(folder => Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)),
    ];

    /// <summary>The files below <c>data</c>.</summary>
    public static IReadOnlyList<string> Segments(string path) => [.. Files(path).Where(file => file.Contains(s_data, StringComparison.Ordinal))];

    /// <summary>Bytes of the files below <c>data</c>.</summary>
    public static long SegmentBytes(string path) => Segments(path).Sum(file => new FileInfo(file).Length);

    /// <summary>Bytes of the index files.</summary>
    public static long IndexBytes(string path) => Directory.EnumerateFiles(path, "index.*").Sum(file => new FileInfo(file).Length);

    /// <summary>Removes index, hints and integrity files.</summary>
    public static void DropIndex(string path)
    {
        foreach (string file in Directory.EnumerateFiles(path))
        {
            if (Path.GetFileName(file).Split('.')[0] is "index" or "hints" or "integrity")
            {
                File.Delete(file);
            }
        }
    }
}
