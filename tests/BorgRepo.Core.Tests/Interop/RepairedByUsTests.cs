using BorgRepo.Core.Tests.Checking;
using BorgRepo.Core.Tests.Vectors;
using Xunit;

namespace BorgRepo.Core.Tests.Interop;

/// <summary>Real borg finds nothing wrong with what our repair leaves, sees the same objects, and writes on.</summary>
public sealed class RepairedByUsTests(SharedBorg shared) : IClassFixture<SharedBorg>
{
    public static TheoryData<string> Names => [.. VectorRepository.Names.Where(FixtureRepairTests.IsRepaired)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_repaired_vector_is_clean_for_real_borg(string name)
    {
        RealBorg borg = shared.StartOrSkip();
        MemoryVector vector = new(name);
        CheckScene scene = new(vector);
        scene.Repair();
        SortedDictionary<string, string> ours;
        uint? transaction;
        using (Repository repository = scene.Open())
        {
            ours = StateComparison.DescribeObjects(repository);
            transaction = repository.TransactionId;
        }

        using TemporaryFolder folder = new();
        vector.SaveTo(folder.Path);
        string path = folder.Combine("repo");
        borg.Open(path);
        Assert.True(borg.Check(), $"{name}: {string.Join('\n', borg.Log)}");
        RealBorgState theirs = borg.ReadState();
        Assert.Equal(transaction, theirs.TransactionId);
        Assert.Equal(ours, new SortedDictionary<string, string>(theirs.Objects.ToDictionary(), StringComparer.Ordinal));
        borg.Run(new BorgBatch().Put(ExpectationRun.NewId, ExpectationRun.Value).Commit(threshold: 0));
        Assert.True(borg.Check(), $"{name}, after writing: {string.Join('\n', borg.Log)}");
        borg.Close();
        Assert.DoesNotContain(borg.Log, line => line.StartsWith("ERROR", StringComparison.Ordinal));
    }
}
