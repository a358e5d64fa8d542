using System.Formats.Tar;
using System.IO.Compression;

namespace BorgRepo.Core.Tests.Vectors;

/// <summary>A fresh copy of one of the repositories in tests/Vectors/repositories, written by real borg.</summary>
internal sealed class VectorRepository : IDisposable
{
    private const string Suffix = ".tar.gz";

    private readonly TemporaryFolder _folder = new();

    private VectorRepository(string name)
    {
        Name = name;
        using FileStream archive = File.OpenRead(System.IO.Path.Combine(Folder, name + Suffix));
        using GZipStream content = new(archive, CompressionMode.Decompress);
        TarFile.ExtractToDirectory(content, _folder.Path, overwriteFiles: false);
    }

    public static string Folder => ProjectFolder.Combine("tests", "Vectors", "repositories");

    public static IReadOnlyList<string> Names { get; } = [.. Directory.EnumerateFiles(Folder, "*" + Suffix)
        .Select(path => System.IO.Path.GetFileName(path)[..^Suffix.Length])
        .Order(StringComparer.Ordinal)];

    public string Name { get; }

    public string Path => _folder.Combine("repo");

    public static VectorRepository Unpack(string name) => new(name);

    public void Dispose() => _folder.Dispose();
}
