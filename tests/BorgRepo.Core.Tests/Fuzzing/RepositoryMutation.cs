using System.Globalization;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Vectors;

namespace BorgRepo.Core.Tests.Fuzzing;

/// <summary>Changes files of a repository: their bytes, their names, whether they are there.</summary>
internal static class RepositoryMutation
{
    private const int MostFiles = 3;

    // Files with more bytes are not what is interesting, and cost most of the time.
    private const int LargestFile = 400 * 1024;

    private static readonly long[] s_numbers = [0, 1, 2, 7, 100, 9999, 10_000, uint.MaxValue - 1, uint.MaxValue, 1L << 32];

    private static readonly Lazy<string[]> s_names = new(() => [.. VectorRepository.Names.Where(name => new MemoryVector(name).Files().Count > 0
        && !Large(new MemoryVector(name)))]);

    /// <summary>A repository of the vectors with some damage.</summary>
    public static MemoryVector Next(Random random)
    {
        MemoryVector vector = new(s_names.Value[random.Next(s_names.Value.Length)]);
        for (int changes = 1 + random.Next(MostFiles); changes > 0; changes--)
        {
            string[] files = [.. vector.FileSystem.Files(vector.Path)];
            if (files.Length > 0)
            {
                Change(vector.FileSystem, vector.Path, files, random);
            }
        }

        return vector;
    }

    private static bool Large(MemoryVector vector) => vector.FileSystem.Files(vector.Path).Any(path => vector.FileSystem.ReadAllBytes(path).Length > LargestFile);

    private static void Change(MemoryFileSystem files, string repository, string[] paths, Random random)
    {
        string path = paths[random.Next(paths.Length)];
        string other = paths[random.Next(paths.Length)];
        switch (random.Next(10))
        {
            case < 6:
                files.WriteAllBytes(path, Mutator.Mutate(files.ReadAllBytes(path), files.ReadAllBytes(other), random));
                break;
            case 6:
                files.DeleteFile(path);
                break;
            case 7:
                files.WriteAllBytes(path, files.ReadAllBytes(other));
                break;
            case 8:
                Rename(files, path, random);
                break;
            default:
                string name = random.Next(3) switch { 0 => "index", 1 => "hints", _ => "integrity" };
                files.WriteAllBytes($"{repository}/{name}.{Number(random)}", Mutator.Mutate(files.ReadAllBytes(path), files.ReadAllBytes(other), random));
                break;
        }
    }

    // To another number of the same kind: segments and generations go by their names.
    private static void Rename(MemoryFileSystem files, string path, Random random)
    {
        string name = Path.GetFileName(path);
        string stem = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        string target = Path.Combine(Path.GetDirectoryName(path)!, stem + Number(random));
        if (stem.Length < name.Length && target != path)
        {
            files.WriteAllBytes(target, files.ReadAllBytes(path));
            files.DeleteFile(path);
        }
    }

    private static string Number(Random random) => s_numbers[random.Next(s_numbers.Length)].ToString(CultureInfo.InvariantCulture);
}
