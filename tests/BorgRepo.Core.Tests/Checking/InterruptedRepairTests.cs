using BorgRepo.Core.Checking;
using BorgRepo.Core.Storage;
using BorgRepo.Core.Tests.Simulation;
using BorgRepo.Core.Tests.Traps;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Checking;

/// <summary>A repair may fail at any of its calls to the file system: the next one finishes, and no original is gone meanwhile.</summary>
public sealed class InterruptedRepairTests
{
    public static TheoryData<string> Names =>
        ["two-damages", "magic-damaged", "garbage-between", "zero-length-segment", "missing-last-commit", "entry-after-commit", "all-segments-missing", "fresh-empty", "index-garbage", "flip-size"];

    [Theory]
    [MemberData(nameof(Names))]
    public void After_a_failure_at_any_call_a_second_run_finishes(string name)
    {
        MemoryVector vector = new(name);
        AssertFinishes(vector.FileSystem, vector.Path, MemoryVector.ServicesOn);
    }

    [Fact]
    public void After_a_failure_at_any_call_while_an_interrupted_transaction_is_moved_aside_a_second_run_finishes()
    {
        ScriptedRepository repository = new ScriptedRepository()
            .Segment(0, """P(k1,"one")""").Segment(1, "C").Segment(2, """P(k2,"two")""").Segment(3, "C").Indexed();
        repository.Edit("data/0/3", content => content[10] ^= 1);
        repository.Segment(4, """D(k1) P(k9,"aborted")""").Segment(5, """P(k8,"aborted")""");
        AssertFinishes(repository.FileSystem, repository.Path, files => repository.Services with { FileSystem = files });
    }

    private static void AssertFinishes(MemoryFileSystem start, string path, Func<IFileSystem, RepositoryServices> servicesOn)
    {
        (SortedDictionary<string, string> objects, int calls) = RepairUndisturbed(start.Copy(), path, servicesOn);
        Assert.InRange(calls, 5, 200);
        List<byte[]> originals = [.. Segments(start, path).Select(start.ReadAllBytes).Where(content => content.Length > 0)];
        for (int failing = 1; failing <= calls; failing++)
        {
            // Once as an error of one call, once as the end of the machine.
            foreach (bool isLast in new[] { false, true })
            {
                MemoryFileSystem files = start.Copy();
                bool isDown = false;
                int call = failing;
                WatchedFileSystem watched = new(files, path);
                watched.Before = (number, operation) =>
                {
                    if (number == call || (isDown && !operation.Contains("lock", StringComparison.Ordinal)))
                    {
                        isDown = isLast;
                        throw new IOException($"Injected at {number}: {operation}");
                    }
                };
                CheckScene interrupted = new(path, servicesOn(watched));
                Exception? error = Record.Exception(() => interrupted.Repair());
                Assert.True(error is null or IOException or Core.Errors.BorgRepositoryException, error?.ToString());
                AssertOriginalsAreThere(originals, files, path, $"call {call}");

                CheckScene second = new(path, servicesOn(files));
                second.Repair();
                CheckResult after = second.Check();
                Assert.True(after.Conclusion == CheckConclusion.Sound && after.WarningCount == 0, $"call {call}: {second.Describe()}");
                using Repository repository = second.Open();
                Assert.Equal(objects, StateComparison.DescribeObjects(repository));
            }
        }
    }

    private static (SortedDictionary<string, string> Objects, int Calls) RepairUndisturbed(MemoryFileSystem files, string path, Func<IFileSystem, RepositoryServices> servicesOn)
    {
        WatchedFileSystem watched = new(files, path);
        CheckScene scene = new(path, servicesOn(watched));
        scene.Repair();
        int calls = watched.Operations.Count;
        using Repository repository = scene.Open();
        return (StateComparison.DescribeObjects(repository), calls);
    }

    private static void AssertOriginalsAreThere(List<byte[]> originals, MemoryFileSystem files, string path, string what)
    {
        List<byte[]> present = [.. files.Files(Path.Combine(path, "data")).Select(files.ReadAllBytes)];
        Assert.True(originals.TrueForAll(original => present.Exists(content => content.AsSpan().SequenceEqual(original))), what);
    }

    private static IEnumerable<string> Segments(MemoryFileSystem files, string path) => files.Files(Path.Combine(path, "data"))
        .Where(file => uint.TryParse(Path.GetFileName(file), out _));
}
